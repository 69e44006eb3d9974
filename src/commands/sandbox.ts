import { Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.js'
import { runInSandbox, serveSandbox, type SandboxReport } from '../lib/cli/sandbox-session.js'

export default class Sandbox extends BaseCommand {
  static override summary = 'Run an embedded Bailo to try things on.'

  static override description = `Starts a Bailo in this process, on the loopback interface: the same routes, status codes, limits and quirks as the real one, and its container registry. Metadata is in memory, files and layers are in a temporary directory; all of it is gone when the sandbox ends.

With a command after "--" the command runs against a fresh sandbox, and its exit code becomes the sandbox's. The command finds URL, ACCESS_KEY and SECRET_KEY in its environment; it may be one of bailo-exp's own, without the name of the program.`

  static override usage = ['<%= command.id %> [FLAGS]', '<%= command.id %> [FLAGS] -- COMMAND...']

  static override examples = [
    '<%= config.bin %> <%= command.id %> --demo',
    '<%= config.bin %> <%= command.id %> --port 8080 --write-env .local.env',
    '<%= config.bin %> <%= command.id %> --demo -- clone-releases',
    `<%= config.bin %> <%= command.id %> -- sh -c 'curl -u "$ACCESS_KEY:$SECRET_KEY" "$URL/api/v2/models/search"'`,
  ]

  static override strict = false

  static override flags = {
    port: Flags.integer({ description: 'port to listen on; 0 takes a free one', default: 0, min: 0, max: 65535 }),
    demo: Flags.boolean({ description: 'put a model with releases, files and images into it', default: false }),
    discard: Flags.boolean({ description: 'count the bytes of large files and layers, and drop them', default: false }),
    'write-env': Flags.string({ description: 'write a dotenv file with URL and keys', helpValue: 'FILE' }),
  }

  async run(): Promise<SandboxReport | undefined> {
    const { flags, raw } = await this.parse(Sandbox)
    // Not oclif's `argv`: that is sorted by first occurrence, which moves an argument that occurs twice.
    const command = raw.filter(({ type }) => type === 'arg').map(({ input }) => input)
    const options = {
      port: flags.port,
      isDemo: flags.demo,
      isDiscarding: flags.discard,
      envFile: flags['write-env'],
      version: this.config.version,
      ownCommands: this.config.commandIDs,
      program: process.argv[1] ?? '',
    }
    if (command.length > 0) {
      process.exitCode = await runInSandbox(options, command)
      return undefined
    }
    await serveSandbox(options, (report) => {
      if (this.jsonEnabled()) this.logJson(report)
      else this.log(describeSandbox(report))
    })
    return undefined
  }
}

function describeSandbox({ url, accessKey, secretKey, demoModelId, envFile }: SandboxReport): string {
  return [
    'An embedded Bailo is listening. Ctrl-C ends it, and everything in it is gone then.',
    '',
    `URL=${url}`,
    `ACCESS_KEY=${accessKey}`,
    `SECRET_KEY=${secretKey}`,
    ...(demoModelId === undefined ? [] : [`CLONE_RELEASES_SOURCE_MODEL_ID=${demoModelId}`]),
    ...(envFile === undefined ? [] : ['', `Written to ${envFile}; use it with --env-file ${envFile}`]),
  ].join('\n')
}
