import type { NamesSent } from '../../client-call.js'
import type { Store } from './store.js'
import { isHole, isQueryString, literalOf, splitAll, splitAt, type Text } from './text.js'
import type { Value } from './values.js'

export const NOTHING_SENT: NamesSent = { names: [], isComplete: true }
export const ANYTHING_SENT: NamesSent = { names: [], isComplete: false }

/** Returns all the names that are sent, in the order of their first appearance. */
export function unite(all: readonly NamesSent[]): NamesSent {
  const [only] = all
  if (all.length === 1 && only !== undefined) return only
  return {
    names: [...new Set(all.flatMap(({ names }) => names))],
    isComplete: all.every(({ isComplete }) => isComplete),
  }
}

/** Returns the names of a dictionary, a list of pairs or a query string; undefined for None, which sends nothing. */
export function namesOf(value: Value, store: Store): NamesSent | undefined {
  const found = value.flatMap((atom): NamesSent[] => {
    switch (atom.kind) {
      case 'none':
        return []
      case 'dict': {
        const { entries, isComplete } = store.dict(atom.ref)
        return [{ names: [...entries.keys()], isComplete }]
      }
      case 'list': {
        const { variants, rest } = store.list(atom.ref)
        const pairs = variants.flat().map((pair) => nameOfPair(pair, store))
        return [unite([...pairs, { names: [], isComplete: rest === undefined }])]
      }
      case 'text':
        return [namesInQuery(atom.text)]
      case 'agent':
      case 'agent-method':
      case 'class':
      case 'function':
      case 'instance':
      case 'json':
      case 'library':
      case 'super':
      case 'unknown':
        return [ANYTHING_SENT]
    }
  })
  return found.length === 0 ? undefined : unite(found)
}

function nameOfPair(pair: Value, store: Store): NamesSent {
  const found = pair.map((atom): NamesSent => {
    if (atom.kind !== 'list') return ANYTHING_SENT
    const names = store.list(atom.ref).variants.flatMap(([name]) => name ?? [])
    return unite(names.map((name) => (name.kind === 'text' ? nameFrom(name.text) : ANYTHING_SENT)))
  })
  return unite(found)
}

/** Returns the names in the part of a URL after the question mark. */
export function namesInQuery(query: Text): NamesSent {
  return unite(splitAll(query, '&').map((pair) => nameOfAssignment(pair)))
}

function nameOfAssignment(pair: Text): NamesSent {
  const [only] = pair
  if (pair.length === 0) return NOTHING_SENT
  if (pair.length === 1 && isQueryString(only)) return only.sent
  const [name] = splitAt(pair, '=')
  const sent = name.filter(isQueryString).map((part) => part.sent)
  return sent.length > 0 || name.some(isHole) ? unite([...sent, ANYTHING_SENT]) : nameFrom(name)
}

function nameFrom(text: Text): NamesSent {
  const name = literalOf(text)
  if (name === undefined) return ANYTHING_SENT
  return name === '' ? NOTHING_SENT : { names: [decode(name)], isComplete: true }
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
