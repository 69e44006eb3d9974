const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d]
/** Up to this byte it is white space, or nothing that JSON may have. */
const SPACE = 0x20
/** Of the elements of a list that is a property of the document. */
const ELEMENT_DEPTH = 2

/**
 * Takes a JSON document apart while it arrives: the elements of one list, which is a property of the document, and the rest.
 * So a list of any length is read without keeping its text, nor what its elements have that nobody needs.
 */
export class ListSplitter {
  readonly #property: RegExp
  readonly #onElement: (text: string) => void
  readonly #rest: Buffer[] = []
  #depth = 0
  #isInString = false
  #isEscaped = false
  #isInList = false
  /** Parts of the element that is being read. */
  #element: Buffer[] | undefined

  /**
   * @param name of the property, letters only
   * @param onElement called with the text of each element, which may turn out to be no JSON
   */
  constructor(name: string, onElement: (text: string) => void) {
    this.#property = new RegExp(`"${name}"\\s*:\\s*$`)
    this.#onElement = onElement
  }

  /** Takes the next bytes of the document, which are not kept. */
  push(chunk: Uint8Array): void {
    // Where that began in this chunk which is read now: an element, or what lies between elements.
    let start = 0
    const cut = (end: number): Buffer => Buffer.from(chunk.subarray(start, end))
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false
        else if (byte === BACKSLASH) this.#isEscaped = true
        else if (byte === QUOTE) this.#isInString = false
        continue
      }
      if (this.#isInList && this.#depth === ELEMENT_DEPTH) {
        const isBetween = byte === COMMA || byte === CLOSE_LIST
        if (isBetween && this.#element !== undefined) {
          this.#endElement(cut(index))
          start = index
        } else if (!isBetween && this.#element === undefined && byte > SPACE) {
          this.#rest.push(cut(index))
          this.#element = []
          start = index
        }
      }
      if (byte === QUOTE) this.#isInString = true
      else if (byte === OPEN_OBJECT) this.#depth++
      else if (byte === OPEN_LIST) {
        this.#depth++
        if (this.#depth === ELEMENT_DEPTH) {
          this.#isInList = this.#property.test(Buffer.concat([...this.#rest, cut(index)]).toString())
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth--
    }
    ;(this.#element ?? this.#rest).push(cut(chunk.length))
  }

  #endElement(last: Buffer): void {
    const text = Buffer.concat([...(this.#element ?? []), last]).toString()
    this.#element = undefined
    this.#rest.push(Buffer.from('0'))
    this.#onElement(text)
  }

  /** The document with a 0 for each element of the list: it is JSON when the document is, apart from the elements. */
  end(): string {
    return new TextDecoder().decode(Buffer.concat([...this.#rest, ...(this.#element ?? [])]))
  }
}
