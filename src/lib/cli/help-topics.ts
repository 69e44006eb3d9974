import { exitCodeMeanings } from './exit-codes.js'

/** Help on something that is no command: `bailo-exp help NAME`. */
export interface HelpTopic {
  readonly name: string
  readonly title: string
  readonly introduction?: string
  readonly entries: readonly (readonly [name: string, meaning: string])[]
}

/** Variables that this tool reads, and what for. */
const VARIABLES: HelpTopic['entries'] = [
  ['URL', 'address of the instance, such as http://localhost:8080'],
  ['ACCESS_KEY, SECRET_KEY', 'a token of the instance; BAILO_ACCESS_KEY and BAILO_SECRET_KEY do as well'],
  ['CA_FILE', 'certificate authorities (PEM) to trust besides the usual ones; NODE_EXTRA_CA_CERTS works, too'],
  ['CLONE_RELEASES_ENDPOINT_DUMP', 'a saved list of releases that clone-releases copies, as --from-file'],
  ['..._MODEL_ID', "the model that an experiment works in; each command's help names its own"],
  ['BAILO_EXP_ENV_FILE', 'the dotenv file, as --env-file'],
  ['BAILO_EXP_STATE_DIR', "where runs are recorded, as --state-dir; otherwise the user's state directory"],
  ['BAILO_EXP_RUN_KEY', 'what all shards of a run are given, as --run-key'],
  ['JOB_COMPLETION_INDEX', 'which shard this is, with --shard job/N; Kubernetes sets it'],
  ['BAILO_EXP_COMPLETE_MODELS', '1 or 0: whether completion asks the instance for models; default: not in CI'],
  ['CI', 'set in CI: progress is in lines, nobody is asked, and completion asks no instance'],
  ['GITHUB_ACTIONS', 'true in jobs of GitHub: errors and notes become annotations'],
  ['NO_COLOR, FORCE_COLOR', 'set: no colours; 1 or 0: colours, also where there is no terminal, or none'],
  ['TERM', 'dumb: progress is in lines'],
  ['DEBUG', 'set to anything: a defect of this tool shows where it happened'],
]

const SETTINGS = `Settings come from flags, then the environment, then a dotenv file: the one of --env-file or BAILO_EXP_ENV_FILE, or else .local.env in the working directory, if there is one. Keys are never flags, so that they stay out of shell histories and lists of processes. Ids of models that a command makes are written to the dotenv file.`

export const HELP_TOPICS: readonly HelpTopic[] = [
  {
    name: 'exit-codes',
    title: 'What the exit codes of all commands mean.',
    entries: Object.entries(exitCodeMeanings),
  },
  {
    name: 'environment',
    title: 'Which variables and files settings come from.',
    introduction: SETTINGS,
    entries: VARIABLES,
  },
]
