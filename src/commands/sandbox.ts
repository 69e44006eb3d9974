import { Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.js'
import { connectionFlags } from '../lib/cli/flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import {
  FAULT_RULES_HELP,
  parseFaultRule,
  parseRateLimit,
  parseTokenCost,
  runInSandbox,
  serveSandbox,
  type FaultRule,
  type RateLimit,
} from '../lib/cli/sandbox-session.js'
import { findSourceModelId, type SandboxReport } from '../lib/cli/sandbox-env-file.js'
import { wrapText } from '../lib/report/text.js'

export default class Sandbox extends BaseCommand {
  static override summary = 'Run an embedded Bailo to try things on.'

  static override description = `Starts a Bailo in this process, on the loopback interface: the same routes, status codes, limits and quirks as the real one, and its container registry. Metadata is in memory, files and layers are in a temporary directory; all of it is gone when the sandbox ends. With --data-dir everything, keys and port included, is kept in that directory for the next sandbox; only uploads that are under way are not. Its file sandbox.env is a dotenv file for that, and keeps the ids of models that commands make.

--import copies the metadata of models from another instance, to rehearse an experiment on them: cards, releases, files and images under the same ids, files and layers of the same size reading as zeros. The keys of that instance come from environment or dotenv file, and it is only read. What cannot be seen from outside is not copied: reviews, access requests, and which versions were deleted.

With --scanners there are simulated ones, which take longer for a larger file. The name decides what they find: they find something bad in eicar*, fail on error* and skip skip*.

With --mirror-to what is exported from this sandbox is brought to another one on this machine, files and images with their bytes: into the mirrored model there that has the exported one as its source. Without it an export is only seen to go on, and goes nowhere.

With --rate-limit it refuses what an address asks beyond that, as a real one does, which allows 100/15m unless it is set up otherwise: with status 429, Retry-After in seconds, and the X-RateLimit headers. The registry has no limit. What --demo and --import do is not counted.

With --fault requests go wrong on demand: --fault 'release-create x3 status=503' --fault 'blob-patch p=0.1 lost'. At the end it says how often. What --demo and --import do is spared. The rules are explained below. A test can change them while the sandbox runs, from the same machine and with its keys: PUT /_sandbox/faults takes {"rules": ["..."]}, GET says how many calls of its route each rule has seen and how many of them it was for, DELETE removes them. GET /_sandbox/requests counts all requests by method and route, DELETE counts anew.

With --token-cost each request with keys takes as long as checking them does on a real Bailo, 165ms of a core, and waits for its turn when more than --cores are checked at the same time. No processor is used for that. The registry's own tokens cost nothing, getting one does.

With --verbose each request that is served is shown on stderr, with what was answered and how long that took.

With a command after "--" the command runs against a fresh sandbox, and its exit code becomes the sandbox's. The command finds URL, ACCESS_KEY and SECRET_KEY in its environment; it may be one of bailo-exp's own, without the name of the program.

${FAULT_RULES_HELP}`

  static override usage = ['<%= command.id %> [FLAGS]', '<%= command.id %> [FLAGS] -- COMMAND...']

  static override examples = [
    '<%= config.bin %> <%= command.id %> --demo',
    '<%= config.bin %> <%= command.id %> --port 8080 --write-env .local.env',
    '<%= config.bin %> <%= command.id %> --port 8080 --data-dir ./sandbox',
    '<%= config.bin %> <%= command.id %> --import https://bailo.example.com --import-model my-model-ab12cd -- clone-releases',
    '<%= config.bin %> <%= command.id %> --demo -- clone-releases',
    '<%= config.bin %> <%= command.id %> --demo --mirror-to copy.env --write-env source.env',
    '<%= config.bin %> <%= command.id %> --demo --rate-limit 10/5s -- clone-releases',
    '<%= config.bin %> <%= command.id %> --demo --token-cost 165ms --cores 2 -- clone-releases',
    `<%= config.bin %> <%= command.id %> --demo --fault 'release-create x3 status=503' --fault 'blob-patch x1 reset-request=1MiB' -- clone-releases`,
    `<%= config.bin %> <%= command.id %> -- sh -c 'curl -u "$ACCESS_KEY:$SECRET_KEY" "$URL/api/v2/models/search"'`,
  ]

  static override strict = false

  static override flags = {
    port: Flags.integer({
      description: 'port to listen on [default: a free one; with --data-dir that of the last time, if it is free]',
      helpValue: 'N',
      min: 0,
      max: 65535,
    }),
    host: Flags.string({
      description: 'address to listen on; 0.0.0.0 lets others reach it [default: 127.0.0.1]',
      helpValue: 'ADDRESS',
    }),
    'data-dir': Flags.string({ description: 'keep everything in this directory', helpValue: 'DIR' }),
    demo: Flags.boolean({ description: 'put a model with releases, files and images into it', default: false }),
    discard: Flags.boolean({ description: 'count the bytes of large files and layers, and drop them', default: false }),
    scanners: Flags.boolean({ description: 'scan files and images, or seem to; see the description', default: false }),
    'rate-limit': Flags.custom<RateLimit>({
      description: 'requests that an address may make in a time (ms, s, m, h or d) [default: no limit]',
      helpValue: 'N/WINDOW',
      parse: (text) => Promise.resolve(parseRateLimit(text)),
    })(),
    'token-cost': Flags.custom<number>({
      description: 'time that checking the keys of a request takes, for instance 165ms as on a real Bailo',
      helpValue: 'TIME',
      parse: (text) => Promise.resolve(parseTokenCost(text)),
    })(),
    cores: Flags.integer({
      description: 'how many requests are checked at the same time [default: 2]',
      helpValue: 'N',
      min: 1,
      max: 1024,
      dependsOn: ['token-cost'],
    }),
    fault: Flags.custom<FaultRule>({
      description: 'what is to go wrong, see the description; may be repeated',
      helpValue: 'RULE',
      multiple: true,
      multipleNonGreedy: true,
      parse: (text) => Promise.resolve(parseFaultRule(text)),
    })(),
    'write-env': Flags.string({ description: 'write a dotenv file with URL and keys', helpValue: 'FILE' }),
    import: Flags.string({
      description: 'address of a Bailo instance to copy models from',
      helpValue: 'URL',
      dependsOn: ['import-model'],
    }),
    'import-model': Flags.string({
      description: 'model to copy; may be repeated',
      helpValue: 'MODEL_ID',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['import'],
    }),
    'mirror-to': Flags.string({
      description: 'bring what is exported to the sandbox of this dotenv file',
      helpValue: 'FILE',
    }),
    'env-file': connectionFlags['env-file'],
    'ca-file': connectionFlags['ca-file'],
  }

  async run(): Promise<SandboxReport | undefined> {
    const { flags, raw } = await this.parse(Sandbox)
    // Not oclif's `argv`: that is sorted by first occurrence, which moves an argument that occurs twice.
    const command = raw.filter(({ type }) => type === 'arg').map(({ input }) => input)
    const options = {
      port: flags.port,
      host: flags.host,
      dataDirectory: flags['data-dir'],
      imports: await loadImports(flags),
      mirrorToEnvFile: flags['mirror-to'],
      isDemo: flags.demo,
      isDiscarding: flags.discard,
      hasScanners: flags.scanners,
      rateLimit: flags['rate-limit'],
      faults: flags.fault ?? [],
      tokenCost:
        flags['token-cost'] === undefined ? undefined : { costMs: flags['token-cost'], cores: flags.cores ?? 2 },
      envFile: flags['write-env'],
      version: this.config.version,
      own: { commands: this.config.commandIDs, script: process.argv[1] ?? '' },
      isVerbose: flags.verbose,
      tell: (message: string) => this.tell(message),
    }
    if (command.length > 0) {
      process.exitCode = await runInSandbox(options, command)
      return undefined
    }
    await serveSandbox(options, (report) => {
      if (this.jsonEnabled()) this.logJson(report)
      else this.log(describeSandbox(report, flags['data-dir']))
    })
    return undefined
  }
}

/** @throws UsageError when the address or the keys of the instance to copy from cannot be used */
async function loadImports(flags: {
  readonly import?: string | undefined
  readonly 'import-model'?: string[] | undefined
  readonly 'env-file'?: string | undefined
  readonly 'ca-file'?: string | undefined
}) {
  const { import: url, 'import-model': modelIds = [] } = flags
  if (url === undefined) return undefined
  return { source: await loadFlagSettings({ ...flags, url }), modelIds: [...new Set(modelIds)] }
}

function describeSandbox(report: SandboxReport, dataDirectory: string | undefined): string {
  const { url, accessKey, secretKey, envFile, importedModelIds = [] } = report
  const sourceModelId = findSourceModelId(report)
  const end = dataDirectory === undefined ? 'everything in it is gone' : `${dataDirectory} keeps what is in it`
  return [
    ...wrapText(`An embedded Bailo is listening. Ctrl-C ends it, and ${end}.`, '', ''),
    ...(importedModelIds.length === 0 ? [] : ['', `Copied: ${importedModelIds.join(', ')}`]),
    '',
    `URL=${url}`,
    `ACCESS_KEY=${accessKey}`,
    `SECRET_KEY=${secretKey}`,
    ...(sourceModelId === undefined ? [] : [`CLONE_RELEASES_SOURCE_MODEL_ID=${sourceModelId}`]),
    ...(envFile === undefined ? [] : ['', `Written to ${envFile}; use it with --env-file ${envFile}`]),
  ].join('\n')
}
