import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, experimentFlags } from '../lib/cli/flags.js'
import { shardFlags } from '../lib/cli/shard-flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { manyModelsWithTags, type ManyModelsResult } from '../lib/experiments/many-models-with-tags/index.js'
import { formatManyModels } from '../lib/report/many-models-with-tags-text.js'

export default class ManyModelsWithTags extends ExperimentCommand {
  static override summary = 'Create many models with tags, and search for each tag in each case.'

  static override description = `Each model is given one or more of the tags, drawn at random, each letter of them in upper or lower case at random; the same seed draws the same. Names are the prefix, the id of the run and a number, so that searches count the models of this run only.

Afterwards every tag is searched in lower, upper and mixed case, by tag (libraries) and by text (search). A table shows for each search how many models were created with the tag, how many it should find and how many it found; a wrong count gives exit code 1. Bailo keeps tags in lower case and libraries looks for exactly these characters, so that it should find nothing in upper and mixed case; a Bailo that finds all models in any case is right as well. A search by text should find all models in each case, and may find others that have a single word of the tag.

Tags are set on the models, and also in overview.tags of their cards where the schema allows that (--tags-in auto). It takes one request per model, or three with cards, and six per tag for the searches.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --count 200',
    '<%= config.bin %> <%= command.id %> --tags vision,speech-to-text --prefix Search-Test --concurrency 16',
    '<%= config.bin %> <%= command.id %> --tags-in card --schema my-schema-with-tags',
  ]

  static override flags = {
    count: Flags.integer({
      description: 'how many models are made',
      helpValue: 'N',
      default: 1000,
      min: 1,
      max: 1_000_000,
    }),
    prefix: Flags.string({
      description: 'what the names of the models begin with',
      helpValue: 'TEXT',
      default: 'Many-Models-With-Tags',
    }),
    schema: Flags.string({ description: 'schema of the cards [default: the usual one]', helpValue: 'SCHEMA_ID' }),
    tags: Flags.string({
      description: 'tags to draw from, with commas between them',
      default: ['foo-bar', 'hello-world', 'foo-bar-baz-bat'],
      multiple: true,
      delimiter: ',',
      helpValue: 'TAG,TAG',
    }),
    'tags-in': Flags.option({ options: ['auto', 'model', 'card'] as const })({
      description: 'where tags are set; auto: on the model, and in its card where the schema allows it',
      default: 'auto' as const,
    }),
    ...experimentFlags,
    ...shardFlags,
    ...connectionFlags,
  }

  async run(): Promise<ManyModelsResult> {
    const { flags } = await this.parse(ManyModelsWithTags)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        manyModelsWithTags(context, {
          settings,
          count: flags.count,
          prefix: flags.prefix,
          tags: flags.tags,
          tagsIn: flags['tags-in'],
          schemaId: flags.schema,
          seed: flags.seed,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatManyModels,
        findings: ({ findings }) => findings,
        where: ({ target }) => target.url,
      },
    )
  }
}
