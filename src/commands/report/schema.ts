import { BaseCommand } from '../../lib/cli/base-command.js'
import { REPORT_SCHEMA } from '../../lib/report/document/schema.js'

export default class ReportSchema extends BaseCommand {
  static override summary = 'Print the JSON Schema of reports.'

  static override description = `Prints the JSON Schema (draft-07) of the files that --report FILE.json writes. The format of a report names its version; a later version that is read differently has another one.

It asks no server for anything.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> > bailo-exp-report.schema.json',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  // eslint-disable-next-line @typescript-eslint/require-await -- the signature is oclif's
  async run(): Promise<typeof REPORT_SCHEMA> {
    this.log(JSON.stringify(REPORT_SCHEMA, undefined, 2))
    return REPORT_SCHEMA
  }
}
