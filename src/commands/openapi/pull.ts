import { Flags } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { connectionFlags } from '../../lib/cli/flags.js'

export default class OpenapiPull extends BaseCommand {
  static override summary = 'Fetch the specification that an instance serves, in a stable order.'

  static override description = `Prints the specification as JSON, or writes it to a file. Names are sorted, and so are lists in which order means nothing, so that version control shows what really changed. An instance from before May 2026 has its specification of v2 at another address, which is found as well.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --output openapi/bailo-live.json',
    '<%= config.bin %> <%= command.id %> --version v3 --url http://localhost:8080',
  ]

  static override flags = {
    version: Flags.option({ options: ['v2', 'v3'] as const })({
      description: 'version of the API',
      default: 'v2',
    }),
    output: Flags.string({ description: 'write it into this file instead of printing it', helpValue: 'FILE' }),
    ...connectionFlags,
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(OpenapiPull)
    const { pullSpecification } = await import('../../lib/cli/pull.js')
    const tell = (message: string): void => this.tell(message)
    const { document, summary } = await pullSpecification(flags, {
      userAgent: `bailo-exp/${this.config.version}`,
      tell,
    })
    if (flags.output !== undefined) return summary
    this.log(JSON.stringify(document, undefined, 2))
    return document
  }
}
