import { Command, Flags, type Interfaces } from '@oclif/core'
import { ExitCode, ExpectedError, UsageError } from '../errors.js'
import { nearestOf } from '../report/nearest.js'
import { sayOnStderr } from '../report/stderr.js'
import { describeError, formatNote, listUnknownFlags, printError, type ErrorDescription } from './describe-error.js'

/** What all commands share: `--json`, where messages go, and one way to fail. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  static override baseFlags = {
    quiet: Flags.boolean({ description: 'show no progress', default: false, helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({
      description: 'show each request on stderr, and how it ends',
      default: false,
      exclusive: ['quiet'],
      helpGroup: 'GLOBAL',
    }),
  }

  #showsRequests = false

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv = this.argv): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv)
    refuseEmpty(parsed.raw)
    if (parsed.flags['verbose'] === true && !this.#showsRequests) {
      this.#showsRequests = true
      const { showRequests } = await import('./show-requests.js')
      showRequests()
    }
    return parsed
  }

  /** Tells the user something on stderr, also under `--json`; oclif's own `warn` is silent there. */
  protected tell(message: string): void {
    sayOnStderr(formatNote(message))
  }

  /** What is said of an error. */
  protected describe(error: unknown): ErrorDescription {
    const description = describeError(error)
    const { flags, baseFlags, enableJsonFlag } = this.ctor
    const known = [...Object.keys({ ...baseFlags, ...flags }), ...(enableJsonFlag ? ['json'] : []), 'help']
    const meant = listUnknownFlags(error).flatMap((name) => nearestOf(name, known) ?? [])
    const hasAdvice = error instanceof ExpectedError && error.tryNext.length > 0
    const advice = hasAdvice || description.exitCode !== ExitCode.Usage ? description.tryNext : [this.#describeHelp()]
    return { ...description, tryNext: [...meant.map((name) => `--${name}`), ...advice] }
  }

  #describeHelp(): string {
    return `${this.config.bin} ${this.ctor.id.replaceAll(':', ' ')} --help, which lists the flags that there are`
  }

  /**
   * The one place where a command fails. oclif's default loses the exit code of usage errors under `--json` and prints
   * nothing on stderr there; here stdout gets the one JSON document, stderr the message, and the exit code is the same
   * either way.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- the signature is oclif's
  protected override async catch(error: Error): Promise<void> {
    const description = this.describe(error)
    process.exitCode = description.exitCode
    if (description.message === '') return
    if (this.jsonEnabled()) this.logJson({ error: description })
    printError(description)
  }
}

/** @throws UsageError for a flag without a value, which most often stands for a variable that is not set */
function refuseEmpty(
  tokens: readonly { readonly type: string; readonly flag?: string; readonly input: string }[],
): void {
  const empty = tokens.find(({ type, input }) => type === 'flag' && input === '')
  if (empty === undefined) return
  throw new UsageError(`--${empty.flag} is empty.`, [
    'leave it out, or see to it that the variable it is from has a value',
  ])
}
