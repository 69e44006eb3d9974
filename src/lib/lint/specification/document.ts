import jsonpointer from 'jsonpointer'
import { isRecord } from '../../http/errors.js'

export type JsonObject = Readonly<Record<string, unknown>>

/** An object of a document, and where it is in it (RFC 6901). */
export interface Located {
  readonly value: JsonObject
  readonly pointer: string
}

/** Longest chain of references to references; a longer one is a circle. */
const MAX_HOPS = 50

/** One OpenAPI document with its references, which are followed only when something asks for what they lead to. */
export class SpecificationDocument {
  readonly #unresolved = new Set<string>()

  /** @param label the file or URL that it came from */
  constructor(
    readonly label: string,
    readonly root: JsonObject,
  ) {}

  /** The version of OpenAPI itself, such as `3.0.0`. */
  get openapi(): string {
    return String(this.root['openapi'])
  }

  /** What the document says about itself: its `info`. */
  get info(): { readonly title: string; readonly version: string } {
    const info = isRecord(this.root['info']) ? this.root['info'] : {}
    const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
    return { title: textOf(info['title']), version: textOf(info['version']) }
  }

  /** References that were followed and lead nowhere in this document; what they stand for was taken for anything. */
  get unresolved(): readonly string[] {
    return [...this.#unresolved]
  }

  /**
   * Follows references until there is an object without one.
   *
   * @returns undefined when the value is no object, or its reference leads nowhere, out of the document or in a circle
   */
  resolve(value: unknown, pointer: string): Located | undefined {
    let current: Located | undefined = isRecord(value) ? { value, pointer } : undefined
    for (let hops = 0; current !== undefined; hops++) {
      const reference = current.value['$ref']
      if (typeof reference !== 'string') return current
      current = hops < MAX_HOPS ? this.#follow(reference) : undefined
      if (current === undefined) this.#unresolved.add(reference)
    }
    return undefined
  }

  #follow(reference: string): Located | undefined {
    if (!reference.startsWith('#')) return undefined
    const pointer = decodeFragment(reference.slice(1))
    try {
      const value: unknown = jsonpointer.get(this.root, pointer)
      return isRecord(value) ? { value, pointer } : undefined
    } catch {
      return undefined
    }
  }
}

/** Makes one step into a document: the pointer with one more name (RFC 6901, section 3). */
export function step(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
