/** What an instance makes up: these texts differ from one instance to the next, and are bound instead of compared. */
const MADE_UP: readonly RegExp[] = [
  /^[0-9a-f]{24}$/, // a document
  /^[0-9a-f]{32}$/, // a multipart upload
  /^"[0-9a-f]{32}"$/, // the ETag of a part
  /^sha256:[0-9a-f]{64}$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /^BAC_[0-9A-Z]{8}$/,
]

/** A name turned into an id: the same text, and six characters at random. */
const SLUG = /^([a-z0-9-]*-)[a-z0-9]{6}$/

/**
 * Which text of the sandbox stands for which text of the capture. One stands for one only, in both directions: an id that
 * was answered once must be the same wherever it is shown or used again.
 */
export class Bindings {
  private readonly actualOf = new Map<string, string>()
  private readonly capturedOf = new Map<string, string>()

  /**
   * Binds a captured text.
   *
   * @throws RangeError when one of the two is bound to another text
   */
  bind(captured: string, actual: string): void {
    if (!this.tryToBind(captured, actual)) throw new RangeError(`${captured} or ${actual} is already bound`)
  }

  /** True when the two are the same text, or made up in the same way and bound to each other, from now on at least. */
  match(captured: string, actual: string): boolean {
    return this.translate(captured) === actual || (isMadeUpAlike(captured, actual) && this.tryToBind(captured, actual))
  }

  /** Returns the text with everything that is bound replaced. */
  translate(text: string): string {
    let translated = text
    for (const [captured, actual] of this.actualOf) translated = translated.replaceAll(captured, actual)
    return translated
  }

  private tryToBind(captured: string, actual: string): boolean {
    const isFree = !this.actualOf.has(captured) && !this.capturedOf.has(actual)
    if (!isFree) return this.actualOf.get(captured) === actual
    this.actualOf.set(captured, actual)
    this.capturedOf.set(actual, captured)
    return true
  }
}

function isMadeUpAlike(captured: string, actual: string): boolean {
  const name = SLUG.exec(captured)?.[1]
  if (name !== undefined && SLUG.exec(actual)?.[1] === name) return true
  return MADE_UP.some((pattern) => pattern.test(captured) && pattern.test(actual))
}
