import { elementsOf } from './elements.js'
import { listOf, type Machine } from './machine.js'
import type { Arguments } from './requests.js'
import { type DictContents, MAX_SIZE } from './store.js'
import { join, literal, literalsOf, NONE, unknown, type Value } from './values.js'

const EMPTY: DictContents = { entries: new Map(), isComplete: true }

/** Puts a value under every key that it may be stored under. */
export function setEntry(ref: number, key: Value, value: Value, machine: Machine): void {
  const { entries, isComplete } = machine.store.dict(ref)
  const keys = literalsOf(key)
  // There is no room for more.
  if (!isComplete && entries.size >= MAX_SIZE) return
  const changed = new Map(entries)
  for (const name of keys) changed.set(name, keys.length === 1 ? value : join([entries.get(name) ?? [], value]))
  machine.store.setDict(ref, { entries: changed, isComplete: isComplete && keys.length === key.length })
}

/** Returns what is stored under a key, or under any when the key is not known. */
export function getEntry(ref: number, key: Value, name: string, machine: Machine): Value {
  const { entries, isComplete } = machine.store.dict(ref)
  const keys = literalsOf(key)
  const isKnown = keys.length === key.length
  const found = isKnown
    ? keys.flatMap((one) => (entries.has(one) ? [entries.get(one) ?? []] : []))
    : [...entries.values()]
  if (found.length === 0) return unknown(name)
  return join(isComplete || (isKnown && found.length === keys.length) ? found : [...found, unknown(name)])
}

/** Takes entries away, as `del` does. */
export function deleteEntry(ref: number, key: Value, machine: Machine): void {
  const { entries, isComplete } = machine.store.dict(ref)
  const [name, ...others] = literalsOf(key)
  if (name === undefined || others.length > 0 || key.length > 1) return
  machine.store.setDict(ref, { entries: new Map([...entries].filter(([one]) => one !== name)), isComplete })
}

/** Returns a dictionary with all that `dict.update` adds: the entries of dictionaries, pairs and keywords. */
export function updateDict(before: DictContents, args: Arguments, machine: Machine): DictContents {
  const entries = new Map(before.entries)
  let isComplete = before.isComplete && !args.mayHaveMoreKeywords && args.rest === undefined
  for (const source of args.positional) {
    const added = readAsDict(source, machine)
    for (const [name, value] of added.entries) entries.set(name, value)
    isComplete &&= added.isComplete
  }
  for (const [name, value] of args.keywords) entries.set(name, value)
  return { entries, isComplete }
}

/** Returns the entries of a dictionary or of a list of pairs; nothing is known of anything else. */
export function readAsDict(value: Value, machine: Machine): DictContents {
  const entries = new Map<string, Value>()
  let isComplete = true
  const add = (name: string, entry: Value): void => {
    entries.set(name, join([entries.get(name) ?? [], entry]))
  }
  for (const atom of value) {
    if (atom.kind === 'dict') {
      const contents = machine.store.dict(atom.ref)
      for (const [name, entry] of contents.entries) add(name, entry)
      isComplete &&= contents.isComplete
    } else if (atom.kind === 'list') {
      const { items, rest } = elementsOf([atom], machine.store)
      for (const pair of items) {
        const [key, entry] = elementsOf(pair, machine.store).items
        const names = literalsOf(key ?? [])
        for (const name of names) add(name, entry ?? unknown(name))
        isComplete &&= key !== undefined && names.length === key.length
      }
      isComplete &&= rest === undefined
    } else if (atom.kind !== 'none') {
      isComplete = false
    }
  }
  return { entries, isComplete }
}

/** Returns what a method of a dictionary returns, and does to it what the method does. */
export function callDictMethod(ref: number, method: string, args: Arguments, name: string, machine: Machine): Value {
  const contents = machine.store.dict(ref)
  const [key = unknown('key'), fallback] = args.positional
  const asList = (items: Value[]): Value =>
    machine.newList({ ...listOf(items), rest: contents.isComplete ? undefined : { name } })
  switch (method) {
    case 'update':
      machine.store.setDict(ref, updateDict(contents, args, machine))
      return NONE
    case 'setdefault': {
      const known = literalsOf(key).every((one) => contents.entries.has(one))
      const found = known ? getEntry(ref, key, name, machine) : (fallback ?? NONE)
      setEntry(ref, key, found, machine)
      return found
    }
    case 'get':
    case 'pop': {
      const isThere = contents.isComplete && literalsOf(key).every((one) => contents.entries.has(one))
      const found =
        isThere || fallback === undefined
          ? getEntry(ref, key, name, machine)
          : join([getIfThere(ref, key, name, machine), fallback])
      if (method === 'pop') deleteEntry(ref, key, machine)
      return found
    }
    case 'clear':
      machine.store.setDict(ref, EMPTY)
      return NONE
    case 'copy':
      return machine.newDict(contents)
    case 'items':
      return asList([...contents.entries].map(([one, value]) => machine.newList(listOf([literal(one), value]))))
    case 'keys':
      return asList([...contents.entries.keys()].map((one) => literal(one)))
    case 'values':
      return asList([...contents.entries.values()])
    default:
      return unknown(name)
  }
}

/** A dictionary that is known as a whole gives the fallback where it has no entry. */
function getIfThere(ref: number, key: Value, name: string, machine: Machine): Value {
  const { entries, isComplete } = machine.store.dict(ref)
  const keys = literalsOf(key)
  const isAbsent = isComplete && keys.length === key.length && !keys.some((one) => entries.has(one))
  return isAbsent ? [] : getEntry(ref, key, name, machine)
}

/** Returns what a method of a list or set returns, and does to it what the method does. */
export function callListMethod(ref: number, method: string, args: Arguments, name: string, machine: Machine): Value {
  const { variants, rest } = machine.store.list(ref)
  const [first = unknown('item'), second = unknown('item')] = args.positional
  const change = (edit: (items: readonly Value[]) => readonly Value[], more = rest): Value => {
    machine.store.setList(ref, { variants: variants.map(edit), rest: more })
    return NONE
  }
  switch (method) {
    case 'append':
    case 'add':
      return change((items) => [...items, first])
    case 'extend':
    case 'update': {
      const added = elementsOf(first, machine.store)
      return change((items) => [...items, ...added.items], rest ?? added.rest)
    }
    case 'insert': {
      const isFirst = literalsOf(first).includes('0')
      return change((items) => (isFirst ? [second, ...items] : [...items, second]), isFirst ? rest : { name })
    }
    case 'copy':
      return machine.newList({ variants, rest })
    case 'clear':
      machine.store.setList(ref, listOf([]))
      return NONE
    case 'sort':
    case 'reverse':
    case 'pop':
    case 'remove':
      return change((items) => items, rest ?? { name })
    default:
      return unknown(name)
  }
}
