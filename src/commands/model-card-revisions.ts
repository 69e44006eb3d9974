import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, durationFlag, experimentFlags, modelFlag } from '../lib/cli/flags.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { modelCardRevisions, type CardRevisionsResult } from '../lib/experiments/model-card-revisions/index.js'
import { formatCardRevisions } from '../lib/report/model-card-revisions-text.js'

export default class ModelCardRevisions extends ExperimentCommand {
  static override summary = 'Set random values in every part of a model card, again and again.'

  static override description = `The values come from the JSON schema of the card and fit it: words for texts, dates and other formats, patterns, numbers within their bounds, choices, lists, nested objects. Parts that may be left out are set too; one for which no value can be made is left out and named. The same seed makes the same cards.

With --concurrency above 1 so many revisions start together, once per interval, and race for the next version: Bailo saves one of them and answers the others with 500. Those are counted and sent again, so that all are made in the end. With --interval 0s there is no pause between them.

At the end all versions are read in one request and compared with what was sent; a difference gives exit code 1.

The model is --model or MODEL_CARD_REVISION_MODEL_ID; without either one is created and its id written to the dotenv file. Data cards do as well as models.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --model my-model-ab12cd',
    '<%= config.bin %> <%= command.id %> --count 200 --interval 100ms',
    '<%= config.bin %> <%= command.id %> --count 50 --interval 0s --concurrency 8',
  ]

  static override flags = {
    count: Flags.integer({
      description: 'how many revisions are made',
      helpValue: 'N',
      default: 40,
      min: 1,
      max: 100_000,
    }),
    interval: durationFlag({ description: 'time from one start to the next', default: 1000 }),
    ...experimentFlags,
    ...shardFlags,
    concurrency: Flags.integer({
      description: 'how many revisions start together and race for the next version',
      helpValue: 'N',
      default: 1,
      min: 1,
      max: 256,
      helpGroup: 'RUN',
    }),
    model: modelFlag('MODEL_CARD_REVISION_MODEL_ID'),
    ...connectionFlags,
  }

  async run(): Promise<CardRevisionsResult> {
    const { flags } = await this.parse(ModelCardRevisions)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        modelCardRevisions(context, {
          settings,
          modelId: flags.model,
          count: flags.count,
          intervalMs: flags.interval,
          seed: flags.seed,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatCardRevisions,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId} at ${target.url}`,
      },
    )
  }
}
