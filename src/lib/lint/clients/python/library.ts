import { combine, type Operand } from './combine.js'
import { readAsDict, updateDict } from './container-methods.js'
import { elementsOf } from './elements.js'
import { listOf, type Machine } from './machine.js'
import { ANYTHING_SENT, namesOf, NOTHING_SENT } from './names.js'
import { type Arguments, positionalOnly } from './requests.js'
import { changeEnd } from './text.js'
import { joinUrl } from './url.js'
import { join, literal, type Name, texts, textsOf, unknown, type Value } from './values.js'

type LibraryFunction = (args: Arguments, name: Name, machine: Machine) => Value

const first = ({ positional }: Arguments): Value => positional[0] ?? []

const withoutFirst = (args: Arguments): Arguments => ({ ...args, positional: args.positional.slice(1) })

/** Functions that give the text of their argument, as far as a URL is concerned. */
const asText: LibraryFunction = (args, name) => combine([{ value: first(args), name }])

const asDict: LibraryFunction = (args, _name, machine) =>
  machine.newDict(updateDict({ entries: new Map(), isComplete: true }, args, machine))

/** Lists in another order, or without some of their items. */
const asList: LibraryFunction = ({ positional: [source] }, _name, machine) => {
  if (source === undefined) return machine.newList(listOf([]))
  const { items, rest } = elementsOf(source, machine.store)
  return machine.newList({ variants: [items], rest })
}

const copy: LibraryFunction = (args, _name, machine) =>
  first(args).flatMap((atom) => {
    if (atom.kind === 'dict') return machine.newDict(machine.store.dict(atom.ref))
    return atom.kind === 'list' ? machine.newList(machine.store.list(atom.ref)) : [atom]
  })

const fromKeys: LibraryFunction = (args, _name, machine) => {
  const { items, rest } = elementsOf(first(args), machine.store)
  const pairs = items.map((item) => machine.newList(listOf([item, args.positional[1] ?? unknown('value')])))
  return machine.newDict(readAsDict(machine.newList({ variants: [pairs], rest }), machine))
}

const enumerate: LibraryFunction = (args, _name, machine) => {
  const { items, rest } = elementsOf(first(args), machine.store)
  const pairs = items.map((item) => machine.newList(listOf([unknown('index'), item])))
  return machine.newList({ variants: [pairs], rest })
}

const zip: LibraryFunction = ({ positional }, _name, machine) => {
  const columns = positional.map((value) => elementsOf(value, machine.store))
  const length = columns.length === 0 ? 0 : Math.min(...columns.map(({ items }) => items.length))
  const rows = Array.from({ length }, (_, index) =>
    machine.newList(listOf(columns.map(({ items }) => items[index] ?? unknown('item')))),
  )
  return machine.newList({ variants: [rows], rest: columns.find(({ rest }) => rest !== undefined)?.rest })
}

const chain: LibraryFunction = ({ positional }, _name, machine) => {
  const parts = positional.map((value) => elementsOf(value, machine.store))
  const items = parts.flatMap((part) => part.items)
  return machine.newList({ variants: [items], rest: parts.find(({ rest }) => rest !== undefined)?.rest })
}

const map: LibraryFunction = ({ positional: [callee = [], values = []] }, _name, machine) => {
  const { items, rest } = elementsOf(values, machine.store)
  const results = items.map((item) => machine.call(callee, positionalOnly([item])))
  return machine.newList({ variants: [results], rest })
}

const urlencode: LibraryFunction = (args, _name, machine) => {
  const value = args.positional[0] ?? args.keywords.get('query')
  const sent = value === undefined ? ANYTHING_SENT : (namesOf(value, machine.store) ?? NOTHING_SENT)
  return texts([[{ sent }]])
}

const urljoin: LibraryFunction = ({ positional: [base = [], reference = []] }) =>
  join(
    textsOf(base, () => 'base').map((start) =>
      texts(textsOf(reference, () => 'path').map((end) => joinUrl(start, end))),
    ),
  )

/** Known by the last part of their name, however they were imported. */
const FUNCTIONS: ReadonlyMap<string, LibraryFunction> = new Map<string, LibraryFunction>([
  ['str', asText],
  ['repr', asText],
  ['quote', asText],
  ['quote_plus', asText],
  ['unquote', asText],
  ['URL', asText],
  ['Path', asText],
  ['PurePath', asText],
  ['PurePosixPath', asText],
  ['list', asList],
  ['tuple', asList],
  ['set', asList],
  ['frozenset', asList],
  ['sorted', asList],
  ['reversed', asList],
  ['iter', asList],
  ['filter', (args, name, machine) => asList(withoutFirst(args), name, machine)],
  ['dict', asDict],
  ['OrderedDict', asDict],
  ['MappingProxyType', asDict],
  ['defaultdict', (args, name, machine) => asDict(withoutFirst(args), name, machine)],
  ['fromkeys', fromKeys],
  ['copy', copy],
  ['deepcopy', copy],
  ['cast', ({ positional }, name) => positional[1] ?? unknown(name())],
  ['enumerate', enumerate],
  ['zip', zip],
  ['chain', chain],
  ['map', map],
  ['dumps', (args) => [{ kind: 'json', value: first(args) }]],
  ['urlencode', urlencode],
  ['urljoin', urljoin],
])

/**
 * Returns what a builtin or a function of the standard library returns; undefined for one that is not followed.
 *
 * @param path as far as it is known: `quote`, `urllib.parse.quote`
 * @param name what the result is called where it is not known
 */
export function callLibrary(path: string, args: Arguments, name: Name, machine: Machine): Value | undefined {
  if (path.endsWith('path.join')) return joinPath(args.positional.map((value) => ({ value, name })))
  return FUNCTIONS.get(path.slice(path.lastIndexOf('.') + 1))?.(args, name, machine)
}

/** Returns a path of several parts, with one slash between them. */
export function joinPath([start, ...others]: readonly Operand[]): Value {
  if (start === undefined) return unknown('path')
  const trimmed = texts(
    textsOf(start.value, start.name).map((text) => changeEnd(text, (end) => end.replace(/\/$/, ''))),
  )
  const slash = { value: literal('/'), name: (): string => 'slash' }
  return combine([{ ...start, value: trimmed }, ...others.flatMap((other) => [slash, other])])
}

/**
 * Returns what a function that is not known makes of dictionaries that it is given: most of those that stand between a
 * dictionary and a request only drop what is None, and then say so.
 */
export function passThrough(functionName: string, args: Arguments, machine: Machine): Value | undefined {
  const source = args.positional.find((value) => value.some(({ kind }) => kind === 'dict'))
  if (source === undefined) return undefined
  const { entries, isComplete } = readAsDict(source, machine)
  return machine.newDict({ entries, isComplete: isComplete && isFiltering(functionName) })
}

function isFiltering(functionName: string): boolean {
  const words = /none|null|empty|missing|unset|filter|clean|compact|strip|drop|prune|omit|remove|without|exclude/i
  return words.test(functionName)
}

/** True for functions that are called for an effect on something other than what they are given. */
export function isHarmless(functionName: string): boolean {
  const words = /^(print|pprint|debug|info|warn|warning|error|exception|critical|log|write|append|add|put|send|emit)$/
  return words.test(functionName) || /^(assert|check|validate)/.test(functionName)
}
