/** A part of a schema for which no value can be made; caught where that part may be left out. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError'
  /** The reference by which the schema contains itself, where that is why. */
  readonly recursesBy: string | undefined

  /** @param message goes on after the name of the part: `has a pattern with ...` */
  constructor(message: string, { recursesBy }: { readonly recursesBy?: string | undefined } = {}) {
    super(message)
    this.recursesBy = recursesBy
  }
}
