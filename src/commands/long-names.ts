import { Flags } from '@oclif/core'
import { exitCodesHelp } from '../lib/cli/exit-codes.js'
import { ExperimentCommand } from '../lib/cli/experiment-command.js'
import { connectionFlags, experimentFlags } from '../lib/cli/flags.js'
import { loadFlagSettings } from '../lib/cli/load-settings.js'
import { SCRIPTS } from '../lib/content/long-word.js'
import { longNames, type LongNamesResult } from '../lib/experiments/long-names/index.js'
import { MAX_LENGTH, MIN_LENGTH } from '../lib/experiments/long-names/plan.js'
import { formatLongNames } from '../lib/report/long-names-text.js'

export default class LongNames extends ExperimentCommand {
  static override summary = 'Create a model, card, release, file and data card with very long unbroken names.'

  static override description = `For trying how pages cope with text that has no place to break a line. Names, descriptions, tags, notes and all texts of both cards are words of --length characters, or as many as the schema of the card allows; an emoji is one character. The release's version has a long name too, up to the 256 characters that a version may have. Names begin with the id of the run. Nothing is written to the local disk.

Bailo takes 102,400 bytes in one request, and a character has one to four bytes; when a request would be larger, the greatest possible length is said before anything is made. The id that Bailo makes from a name has at most 128 characters of it, and only letters from a to z and digits.

--file-name-length is in bytes, because that is how file systems count: most take 255. Bailo takes more, but in a simple upload the name is in the address, where the proxy in front of it refuses 9,000 characters with 414; 2,000 are fine, and what is not ASCII takes three for each byte. A file with a longer name is therefore uploaded in parts, where the name is in a body.

At the end everything is read again and compared with what was sent; a difference gives exit code 1.

${exitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --length 3000 --script cjk',
    '<%= config.bin %> <%= command.id %> --script emoji --file-name-length 1000',
  ]

  static override flags = {
    length: Flags.integer({
      description: 'length of names and texts, in characters',
      helpValue: 'N',
      default: 1000,
      min: MIN_LENGTH,
      max: MAX_LENGTH,
    }),
    'file-name-length': Flags.integer({
      description: 'length of the name of the file, in bytes',
      helpValue: 'N',
      default: 255,
      min: 1,
      max: MAX_LENGTH,
    }),
    script: Flags.option({ options: SCRIPTS })({ description: 'script of the words', default: 'latin' as const }),
    ...experimentFlags,
    ...connectionFlags,
  }

  async run(): Promise<LongNamesResult> {
    const { flags } = await this.parse(LongNames)
    const settings = await loadFlagSettings(flags)
    return this.runExperiment(
      flags,
      (context) =>
        longNames(context, {
          settings,
          length: flags.length,
          fileNameBytes: flags['file-name-length'],
          script: flags.script,
          seed: flags.seed,
          keepGoing: flags['keep-going'],
        }),
      {
        text: formatLongNames,
        findings: ({ findings }) => findings,
        where: ({ target }) => `${target.modelId || 'a new model'} at ${target.url}`,
      },
    )
  }
}
