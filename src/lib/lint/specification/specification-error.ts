import { ExitCode, ExpectedError } from '../../errors.js'
import { showControls } from '../../http/server-text.js'

/** A specification cannot be loaded, so that nothing could be found out. Exit code 3. */
export class SpecificationError extends ExpectedError {
  override readonly name = 'SpecificationError'
  /** What is wrong, without the name of the specification. */
  readonly reason: string

  constructor(label: string, reason: string, tryNext: readonly string[] = [], cause?: unknown) {
    super(`The specification ${showControls(label)} cannot be used: ${reason}.`, {
      exitCode: ExitCode.Unreachable,
      tryNext: tryNext.length > 0 ? tryNext : ['check that it is an OpenAPI document of version 3.0 or 3.1'],
      cause,
    })
    this.reason = reason
  }
}
