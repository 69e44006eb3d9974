import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, durationFlag, experimentFlags, noWaitFlag } from '../lib/cli/flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { mirrorExport, SOURCE_ENV_KEY, type MirrorExportResult } from '../lib/experiments/mirror-export/index.js'
import { formatMirrorExport } from '../lib/report/mirror-export-text.js'

export default class MirrorExport extends ExperimentCommand {
  static override summary = 'Export a model to the instance that mirrors it, and follow the transfer.'

  static override description = `Requests the export of the model's card and of its releases, with their files and images, to the mirrored model that is entered as the model's destination. Then lists the model's transfers once per --interval until each part has come to an end or --wait is over, and tells how long each took.

Bailo exports only for those who agree to its disclaimer. --dry-run shows its words and what would be exported; --agree-to-disclaimer agrees.

The token needs the actions model:read, model:export, release:read and release:export, and its user has to be an owner of the model. Where there are scanners, all files of the releases have to be found clean first.

What it costs the server: five requests that read, the export itself, and one listing of transfers per --interval.

Exit code 1 when a part failed, was refused, or was not done when --wait ended. What is exported is at the other end by then only if the two instances are connected so: mirror-check looks there.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --dry-run',
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --agree-to-disclaimer --wait 1h',
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd --semver 1.0.0,1.2.0 --agree-to-disclaimer --no-wait',
  ]

  static override flags = {
    model: Flags.string({
      description: `model to export [default: ${SOURCE_ENV_KEY}]`,
      helpGroup: 'CONNECTION',
      helpValue: 'MODEL_ID',
    }),
    semver: Flags.string({
      description: 'export only the versions in this range, or in these with commas between [default: all]',
      helpValue: 'RANGE',
    }),
    'agree-to-disclaimer': Flags.boolean({
      description: 'agree to what the instance says about exports',
      default: false,
    }),
    wait: durationFlag({ description: 'how long the export is followed', default: 1_800_000 }),
    'no-wait': noWaitFlag('request only'),
    interval: durationFlag({ description: 'time between two listings of the transfers', default: 2000 }),
    ...experimentFlags,
    ...connectionFlags,
  }

  async run(): Promise<MirrorExportResult> {
    const { flags } = await this.parse(MirrorExport)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        mirrorExport(context, {
          settings,
          modelId: flags.model,
          semverRange: flags.semver,
          agreesToDisclaimer: flags['agree-to-disclaimer'],
          waitMs: flags['no-wait'] ? undefined : flags.wait,
          intervalMs: flags.interval,
          seed: flags.seed,
        }),
      {
        text: formatMirrorExport,
        findings: ({ findings }) => findings,
        reportPart: async (result) =>
          (await import('../lib/report/document/experiments/mirror-part.js')).mirrorExportPart(result),
        where: ({ target }) => `${target.modelId} at ${target.url}`,
      },
    )
  }
}
