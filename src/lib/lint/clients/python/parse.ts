import type { PartialParse, Tree } from '@lezer/common'
import { parser } from '@lezer/python'

/** Steps that may be taken over errors. One error takes about ten, and each as long as reading a line of Python. */
const MAX_STEPS_OVER_ERRORS = 50_000

/** A text that was parsed. */
export interface Parsed {
  readonly tree: Tree
  /** Offset from which on it was not read, because there was hardly any Python before it. */
  readonly unreadFrom: number | undefined
}

/** Parses Python, and steps over what is none. */
export function parsePython(text: string): Parsed {
  const parse: PartialParse & { readonly recovering?: number } = parser.startParse(text)
  let steps = 0
  let unreadFrom: number | undefined
  for (;;) {
    const tree = parse.advance()
    if (tree !== null) return { tree, unreadFrom }
    // The only sign of errors before there is a tree; not part of the public types of @lezer/lr 1.4.
    if (parse.recovering === undefined || parse.recovering === 0) continue
    steps++
    if (steps !== MAX_STEPS_OVER_ERRORS) continue
    unreadFrom = parse.parsedPos
    parse.stopAt(unreadFrom)
  }
}
