import { combine } from './combine.js'
import { callDictMethod, readAsDict, updateDict } from './container-methods.js'
import { elementsOf } from './elements.js'
import { listOf, type Machine } from './machine.js'
import { ANYTHING_SENT, namesOf, NOTHING_SENT } from './names.js'
import type { Arguments } from './requests.js'
import { joinUrl } from './url.js'
import { literal, literalsOf, texts, textsOf, unknown, type Value } from './values.js'
import { changeEnd } from './text.js'

type LibraryFunction = (args: Arguments, name: string, machine: Machine) => Value

const first = ({ positional }: Arguments): Value => positional[0] ?? []

/** Functions that give the text of their argument, as far as a URL is concerned. */
const asText: LibraryFunction = (args, name) => combine([{ value: first(args), name }])

const asDict: LibraryFunction = (args, _name, machine) => {
  const [made] = machine.newDict({ entries: new Map(), isComplete: true })
  if (made?.kind !== 'dict') return unknown('dict')
  updateDict(made.ref, args, machine)
  return [made]
}

/** Lists in another order, or without some of their items. */
const asList: LibraryFunction = (args, _name, machine) => {
  const { items, rest } = elementsOf(
    args.positional.length === 0 ? machine.newList(listOf([])) : first(args),
    machine.store,
  )
  return machine.newList({ variants: [items], rest })
}

const joinPath: LibraryFunction = ({ positional, rest }, name) => {
  const [start = [], ...others] = positional
  const more = rest === undefined ? [] : [[{ kind: 'unknown', hole: rest }] satisfies Value]
  const trimmed = texts(textsOf(start, name).map((text) => changeEnd(text, (end) => end.replace(/\/$/, ''))))
  return combine([
    { value: trimmed, name },
    ...[...others, ...more].flatMap((value) => [
      { value: literal('/'), name },
      { value, name: 'part' },
    ]),
  ])
}

const copy: LibraryFunction = (args, name, machine) =>
  first(args).flatMap((atom) => {
    if (atom.kind === 'dict') return callDictMethod(atom.ref, 'copy', args, name, machine)
    return atom.kind === 'list' ? machine.newList(machine.store.list(atom.ref)) : [atom]
  })

/** Known by the last part of their name, however they were imported. */
const FUNCTIONS: ReadonlyMap<string, LibraryFunction> = new Map<string, LibraryFunction>([
  ...['str', 'repr', 'quote', 'quote_plus', 'unquote', 'URL', 'Path', 'PurePath', 'PurePosixPath'].map(
    (name): [string, LibraryFunction] => [name, asText],
  ),
  ...['list', 'tuple', 'set', 'frozenset', 'sorted', 'reversed', 'iter'].map((name): [string, LibraryFunction] => [
    name,
    asList,
  ]),
  ['dict', asDict],
  ['OrderedDict', asDict],
  ['MappingProxyType', asDict],
  ['defaultdict', (args, name, machine) => asDict({ ...args, positional: args.positional.slice(1) }, name, machine)],
  [
    'fromkeys',
    (args, _name, machine) => {
      const { items, rest } = elementsOf(first(args), machine.store)
      const pairs = items.map((item) => machine.newList(listOf([item, args.positional[1] ?? []])))
      return machine.newDict(readAsDict(machine.newList({ variants: [pairs], rest }), machine))
    },
  ],
  ['copy', copy],
  ['deepcopy', copy],
  ['cast', ({ positional }, name) => positional[1] ?? unknown(name)],
  ['filter', (args, name, machine) => asList({ ...args, positional: args.positional.slice(1) }, name, machine)],
  [
    'enumerate',
    (args, _name, machine) => {
      const { items, rest } = elementsOf(first(args), machine.store)
      const pairs = items.map((item) => machine.newList(listOf([unknown('index'), item])))
      return machine.newList({ variants: [pairs], rest })
    },
  ],
  [
    'zip',
    ({ positional }, name, machine) => {
      const columns = positional.map((value) => elementsOf(value, machine.store))
      const length = Math.min(...columns.map(({ items }) => items.length))
      const rows = Array.from({ length: Number.isFinite(length) ? length : 0 }, (_, index) =>
        machine.newList(listOf(columns.map(({ items }) => items[index] ?? unknown(name)))),
      )
      return machine.newList({ variants: [rows], rest: columns.find(({ rest }) => rest !== undefined)?.rest })
    },
  ],
  [
    'chain',
    ({ positional }, _name, machine) => {
      const parts = positional.map((value) => elementsOf(value, machine.store))
      return machine.newList({
        variants: [parts.flatMap(({ items }) => items)],
        rest: parts.find(({ rest }) => rest !== undefined)?.rest,
      })
    },
  ],
  [
    'map',
    ({ positional: [callee = [], values = []] }, _name, machine) => {
      const { items, rest } = elementsOf(values, machine.store)
      const results = items.map((item) => machine.call(callee, positionalOnly([item])))
      return machine.newList({ variants: [results], rest })
    },
  ],
  ['dumps', (args) => [{ kind: 'json', value: first(args) }]],
  [
    'urlencode',
    (args, _name, machine) => {
      const value = args.positional[0] ?? args.keywords.get('query')
      const sent = value === undefined ? ANYTHING_SENT : (namesOf(value, machine.store) ?? NOTHING_SENT)
      return texts([[{ sent }]])
    },
  ],
  [
    'urljoin',
    ({ positional: [base = [], reference = []] }) =>
      textsOf(base, 'base').flatMap((start) => texts(textsOf(reference, 'path').map((end) => joinUrl(start, end)))),
  ],
])

/** Arguments without keywords. */
export function positionalOnly(positional: readonly Value[]): Arguments {
  return { positional, rest: undefined, keywords: new Map(), mayHaveMoreKeywords: false }
}

/**
 * Returns what a builtin or a function of the standard library returns; undefined for one that is not followed.
 *
 * @param path as far as it is known: `quote`, `urllib.parse.quote`
 * @param name what the result is called where it is not known
 */
export function callLibrary(path: string, args: Arguments, name: string, machine: Machine): Value | undefined {
  if (path.endsWith('path.join')) return joinPath(args, name, machine)
  return FUNCTIONS.get(path.slice(path.lastIndexOf('.') + 1))?.(args, name, machine)
}

/**
 * Returns what a function that is not known makes of dictionaries that it is given: most of those that stand between a
 * dictionary and a request only drop what is None, and then say so.
 */
export function passThrough(functionName: string, args: Arguments, machine: Machine): Value | undefined {
  const isDict = (value: Value): boolean => value.some(({ kind }) => kind === 'dict')
  const source = args.positional.find(isDict)
  if (source === undefined) return undefined
  const { entries, isComplete } = readAsDict(source, machine)
  return machine.newDict({ entries, isComplete: isComplete && isFiltering(functionName) })
}

function isFiltering(functionName: string): boolean {
  const words = /none|null|empty|missing|unset|filter|clean|compact|strip|drop|prune|omit|remove|without|exclude/i
  return words.test(functionName)
}

/** True for functions that are called for their effect, which is not on what they are given. */
export function isHarmless(functionName: string): boolean {
  return /^(print|pprint|debug|info|warn|warning|error|exception|critical|log|write|append|add|put|send|emit|assert\w*|check\w*|validate\w*)$/.test(
    functionName,
  )
}

/** The values that an argument names, such as the attribute of `getattr`. */
export const namedBy = (value: Value | undefined): readonly string[] => literalsOf(value ?? [])
