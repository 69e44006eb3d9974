import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, durationFlag, experimentFlags, modelFlag, sizeFlag } from '../lib/cli/flags.js'
import { failureLimitFlag, rampFlag } from '../lib/cli/threshold-flags.js'
import { readUploadFlags, uploadFlags } from '../lib/cli/upload-flags.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import {
  concurrentFileUploads,
  type ConcurrentFileUploadsResult,
} from '../lib/experiments/concurrent-file-uploads/index.js'
import { formatConcurrentFileUploads } from '../lib/report/concurrent-file-uploads-text.js'
import { maxStepsOf } from '../lib/run/concurrency.js'

export default class ConcurrentFileUploads extends ExperimentCommand {
  static override summary = 'Upload many files at the same time, to stress backend and scanners.'

  static override description = `Uploads --count files of --size, so many at the same time as --concurrency says, and shows throughput and the time that uploads took. With --ramp the concurrency is raised step by step, each step uploads --count files, and there is a row for each.

Each run makes files of its own: their names carry the id of the run, their bytes follow from --seed. They are in no release, so that purge-files-without-release finds them. At the end the files are listed once, and each that was uploaded must be there with its exact size.

An upload that fails for good does not end the run: --max-failures and --max-p95 decide between exit code 0 and 1. Without them a single failure gives 1.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --count 64 --size 20MiB --concurrency 8',
    '<%= config.bin %> <%= command.id %> --ramp 1,2,4,8,16 --size 5MB --max-p95 2s --max-failures 1%',
    '<%= config.bin %> <%= command.id %> --count 4 --size 2GiB --multipart always --rate-limit 100MiB/s',
  ]

  static override flags = {
    count: Flags.integer({
      description: 'files to upload in each step',
      helpValue: 'N',
      default: 64,
      min: 1,
      max: 1_000_000,
    }),
    size: sizeFlag({ description: 'size of each file', default: 20 * 1024 ** 2 }),
    ramp: rampFlag({ description: 'uploads at the same time, step by step: 1,2,4,8', exclusive: ['concurrency'] }),
    'max-failures': failureLimitFlag({
      description: 'uploads that may fail, as a number or a share',
      default: { amount: 0, unit: 'uploads' },
    }),
    'max-p95': durationFlag({ description: 'what 95% of the uploads of each step must not exceed, such as 2s' }),
    ...uploadFlags,
    ...experimentFlags,
    ...shardFlags,
    model: modelFlag('CONCURRENCY_MODEL_ID'),
    ...connectionFlags,
  }

  async run(): Promise<ConcurrentFileUploadsResult> {
    const { flags } = await this.parse(ConcurrentFileUploads)
    const settings = await loadFlagSettings(flags)
    const ramp = flags.ramp ?? [maxStepsOf(flags.concurrency)]
    return this.runExperiment(
      { ...flags, concurrency: flags.ramp === undefined ? flags.concurrency : Math.max(...flags.ramp) },
      (context) =>
        concurrentFileUploads(context, {
          settings,
          modelId: flags.model,
          count: flags.count,
          sizeBytes: flags.size,
          ramp,
          thresholds: { maxFailures: flags['max-failures'], maxP95Ms: flags['max-p95'] },
          ...readUploadFlags(flags),
        }),
      {
        text: formatConcurrentFileUploads,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
        failuresAreFindings: true,
        reportPart: async (result, recording) =>
          (await import('../lib/report/document/experiments/ramp-part.js')).rampPart(result, recording),
      },
    )
  }
}
