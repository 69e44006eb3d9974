import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { bothEndsFlags, connectionFlags, durationFlag, experimentFlags, noWaitFlag } from '../lib/cli/flags.js'
import { loadBothEnds } from '../lib/cli/load-both-ends.js'
import { COPY_ENV_KEY } from '../lib/experiments/mirror-check/ends.js'
import { mirrorCheck } from '../lib/experiments/mirror-check/index.js'
import type { MirrorCheckResult } from '../lib/experiments/mirror-check/result.js'
import { SOURCE_ENV_KEY } from '../lib/experiments/mirror-export/index.js'
import { formatMirrorCheck } from '../lib/report/mirror-check-text.js'

export default class MirrorCheck extends ExperimentCommand {
  static override summary = 'Compare a model with its mirrored copy, also on another instance.'

  static override description = `Follows the transfers at both ends until everything that was exported has arrived, failed or been refused, or --wait is over. Then compares the copy with its source: versions of the card, releases (semver, notes, minor and draft flags), their files by name and size, and images by the digests that both registries have; layers are not downloaded. It tells how long each part took to arrive.

--verify-content also reads all files and layers of the copy, each once and as a stream: files are compared byte by byte with what --seed gives for their name and size, which is what clone-releases filled the source with; layers with their digest. The source is not downloaded.

Nothing is changed at either end. The source is --from or ${SOURCE_ENV_KEY}; the copy is --to, ${COPY_ENV_KEY}, or else the destination that is entered in the source.

What it costs the servers: eight requests and one per manifest, three more listings per --interval while something is on its way; with --verify-content one download per file and layer of the copy.

Exit code 1 when copy and source differ, or a part failed, was refused, or had not arrived when --wait ended. What an export was of shows in its files and images only: a second export of releases without either is not waited for.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --from my-model-ab12cd --from-env-file source.env --to-env-file copy.env',
    '<%= config.bin %> <%= command.id %> --from my-model-ab12cd --to my-copy-ef34gh --no-wait',
    '<%= config.bin %> <%= command.id %> --from my-model-ab12cd --to-env-file copy.env --verify-content --seed rehearsal',
  ]

  static override flags = {
    from: Flags.string({ description: `model that is mirrored [default: ${SOURCE_ENV_KEY}]`, helpValue: 'MODEL_ID' }),
    to: Flags.string({
      description: 'its mirrored copy [default: the destination that the source names]',
      helpValue: 'MODEL_ID',
    }),
    semver: Flags.string({
      description: 'compare only the versions in this range, or in these with commas between [default: all]',
      helpValue: 'RANGE',
    }),
    files: Flags.boolean({ description: 'compare files', default: true, allowNo: true }),
    images: Flags.boolean({ description: 'compare images', default: true, allowNo: true }),
    'verify-content': Flags.boolean({ description: 'read and compare all bytes of the copy', default: false }),
    fill: Flags.option({ options: ['noise', 'zeros'] as const })({
      description: "what the source's files were filled with",
      default: 'noise',
    }),
    wait: durationFlag({ description: 'how long transfers are followed', default: 1_800_000 }),
    'no-wait': noWaitFlag('compare at once'),
    interval: durationFlag({ description: 'time between two looks at the transfers', default: 2000 }),
    ...experimentFlags,
    ...connectionFlags,
    ...bothEndsFlags('copy'),
  }

  async run(): Promise<MirrorCheckResult> {
    const { flags } = await this.parse(MirrorCheck)
    const { source, destination: copy } = await loadBothEnds(flags)
    return this.runExperiment(
      flags,
      (context) =>
        mirrorCheck(context, {
          ...{ source, copy, from: flags.from, to: flags.to, semverRange: flags.semver },
          withFiles: flags.files,
          withImages: flags.images,
          verifiesContent: flags['verify-content'],
          seed: flags.seed,
          fill: flags.fill,
          waitMs: flags['no-wait'] ? undefined : flags.wait,
          intervalMs: flags.interval,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatMirrorCheck,
        findings: ({ findings }) => findings,
        extent: ({ source, transfers }) => ({
          message: 'The copy is not like its source',
          tryNext:
            (transfers.source.newest ?? transfers.copy.newest)
              ? []
              : [`bailo-exp mirror-export --model ${source.modelId} --agree-to-disclaimer: nothing was exported yet`],
        }),
        reportPart: async (result) =>
          (await import('../lib/report/document/experiments/mirror-part.js')).mirrorCheckPart(result),
        where: ({ target }) => `${target.modelId} at ${target.url}`,
      },
    )
  }
}
