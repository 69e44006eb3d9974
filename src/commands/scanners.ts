import { Args, Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { failOnFlag } from '../lib/cli/fail-on-flag.js'
import { connectionFlags, durationFlag, experimentFlags, modelFlag, noWaitFlag } from '../lib/cli/flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { scanners } from '../lib/experiments/scanners/index.js'
import type { ScannersResult } from '../lib/experiments/scanners/result.js'
import { formatScanners } from '../lib/report/scanners-text.js'

export default class Scanners extends ExperimentCommand {
  static override summary = 'Upload local files, and follow the scanners until each has come to a result.'

  static override description = `Makes one release for each PATH, or with --per-subdirectory one for each sub-directory of it and one for the files beside them; releases get the next minor versions. Files go up under the last part of their path, in sorted order. Two of one name in a release are told apart by a number (weights-2.bin), with a note.

Left out, and each one named: symbolic links (those within the tree lead to files that are taken anyway, the others out of it; a PATH that is a link is followed), empty files, which Bailo refuses, empty directories, sockets, FIFOs and devices. A file or directory that cannot be read is left out too, and a finding. A file that changes while it is uploaded fails.

Scanners are followed by one listing of all files per --interval, from the first upload on, until every scanner of files has ended with every file or --wait is over, counted from the last upload. Where the instance has no scanner of files it says so before uploading, and does not wait. The time to a result is from the answer to the upload until a listing shows the result: up to one interval late.

--rescan has all files of the model scanned again instead; older results do not count.

Exit code 1 when a file was found bad, a scanner ended with an error, or --wait ended first, as --fail-on says; without any scanner of files that counts as unfinished. A test of the scanners themselves that uploads bad files on purpose wants --fail-on error,unfinished.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> ./models',
    '<%= config.bin %> <%= command.id %> ./models --per-subdirectory --wait 1h --interval 10s',
    '<%= config.bin %> <%= command.id %> eicar.com weights.pkl --fail-on error,unfinished',
    '<%= config.bin %> <%= command.id %> --rescan --model my-model-ab12cd',
  ]

  static override args = {
    path: Args.string({ description: 'files and directories to upload', multiple: true }),
  }

  static override flags = {
    'per-subdirectory': Flags.boolean({ description: 'a release for each sub-directory of a PATH', default: false }),
    wait: durationFlag({ description: 'how long scanners are waited for after the last upload', default: 1_800_000 }),
    'no-wait': noWaitFlag('upload only'),
    interval: durationFlag({ description: 'time between two listings of the files', default: 2000 }),
    rescan: Flags.boolean({ description: "have the model's files scanned again; takes no PATH", default: false }),
    'fail-on': failOnFlag(),
    model: modelFlag('SCANNERS_MODEL_ID'),
    ...experimentFlags,
    ...connectionFlags,
  }

  async run(): Promise<ScannersResult> {
    const { args, flags } = await this.parse(Scanners)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        scanners(context, {
          settings,
          modelId: flags.model,
          paths: args.path ?? [],
          perSubdirectory: flags['per-subdirectory'],
          isRescan: flags.rescan,
          waitMs: flags['no-wait'] ? undefined : flags.wait,
          intervalMs: flags.interval,
          failOn: flags['fail-on'],
          seed: flags.seed,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatScanners,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
        reportPart: async (result) =>
          (await import('../lib/report/document/experiments/scanners-part.js')).scannersPart(result),
      },
    )
  }
}
