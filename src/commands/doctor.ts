import { Flags } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.js'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { connectionFlags } from '../lib/cli/flags.js'
import { printFailedChecks } from '../lib/cli/print-failed-checks.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { runDoctor, type DoctorResult } from '../lib/doctor/index.js'
import { CHECKED_COMMANDS } from '../lib/doctor/needs.js'
import { formatDoctor } from '../lib/report/doctor-text.js'

export default class Doctor extends BaseCommand {
  static override summary = 'Check address, keys, rights and registry, and say what can be run.'

  static override description = `Asks the instance about eight things and changes nothing: what answers at the address, its clock and specification, who the keys belong to and what their token allows, schemas, scanners, and whether its registry and Bailo agree. Each check that fails says what to do about it, and at the end stands for each command whether it can be run.

--model also looks at one model: its kind, your rights to it, and whether Bailo gives a token to push images. --write goes one step further and opens an upload to the registry, which it cancels at once.

Exit code 0 means that no check failed, 1 that one did, and 3 that the instance cannot be reached or does not know the keys. A note, such as that there are no scanners, is no failure unless --for asks for what needs it.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8080',
    '<%= config.bin %> <%= command.id %> --for clone-releases --for scanners',
    '<%= config.bin %> <%= command.id %> --for push-image --model my-model-ab12cd --write',
  ]

  static override flags = {
    for: Flags.option({ options: CHECKED_COMMANDS, multiple: true })({
      description: 'check only what this command needs [default: all commands]',
      helpValue: 'COMMAND',
    }),
    model: Flags.string({ description: 'model to look at as well', helpValue: 'MODEL_ID' }),
    write: Flags.boolean({
      description: 'open an upload to the registry, and cancel it',
      dependsOn: ['model'],
    }),
    ...connectionFlags,
  }

  async run(): Promise<DoctorResult> {
    const { flags } = await this.parse(Doctor)
    const settings = await loadFlagSettings(flags)
    const { result, exitCode } = await runDoctor({
      settings,
      version: this.config.version,
      commands: flags.for ?? [],
      modelId: flags.model,
      mayWrite: flags.write ?? false,
    })
    process.exitCode = exitCode
    this.log(formatDoctor(result))
    printFailedChecks(result)
    return result
  }
}
