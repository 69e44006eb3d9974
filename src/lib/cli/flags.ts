import { Flags } from '@oclif/core'

/** Flags that name the instance; keys are never flags, so that they stay out of shell history and process lists. */
export const connectionFlags = {
  'env-file': Flags.string({
    description: 'dotenv file with URL, ACCESS_KEY and SECRET_KEY [default: .local.env, if there is one]',
    env: 'BAILO_EXP_ENV_FILE',
    helpGroup: 'CONNECTION',
    helpValue: 'FILE',
  }),
  url: Flags.string({
    description: 'address of the Bailo instance; wins over URL in environment and dotenv file',
    helpGroup: 'CONNECTION',
    helpValue: 'URL',
  }),
}

/** Flags of every experiment. */
export const experimentFlags = {
  concurrency: Flags.integer({
    description: 'how many things are made at the same time',
    default: 8,
    min: 1,
    max: 256,
    helpGroup: 'RUN',
  }),
  seed: Flags.string({
    description: 'what synthetic contents follow from: the same seed gives the same bytes',
    default: 'bailo-exp',
    helpGroup: 'RUN',
  }),
  'dry-run': Flags.boolean({
    description: 'list what would be made, and change nothing',
    default: false,
    helpGroup: 'RUN',
  }),
  'keep-going': Flags.boolean({
    description: 'do what can be done although something cannot or has failed',
    default: false,
    helpGroup: 'RUN',
  }),
}

/** The flag of an experiment that works in one model. */
export function modelFlag(envKey: string) {
  return Flags.string({
    description: `model to work in [default: ${envKey}, or else a model that is created and written there]`,
    helpGroup: 'CONNECTION',
    helpValue: 'MODEL_ID',
  })
}
