import type { SyntaxNode } from '@lezer/common'
import { type Hole, type Text, literalOf } from './text.js'

/** Where names are bound: the module, a class, or one call of a function. */
export interface Scope {
  readonly id: number
  /** Where names are looked up that are not bound here; the names of a class are not seen from its methods. */
  readonly outer: Scope | undefined
  /** `Class.method` or `function`; empty for the module. */
  readonly qualifiedName: string
  /** Names of other scopes that are assigned here, after `global` or `nonlocal`. */
  foreign: Map<string, Scope> | undefined
}

/** A parameter of a function. */
export interface Parameter {
  readonly name: string
  /** `rest` for `*name`, `keywords` for `**name`. */
  readonly kind: 'plain' | 'rest' | 'keywords'
  readonly isKeywordOnly: boolean
  readonly defaultValue: Value | undefined
}

/** A function, method or lambda. */
export interface Definition {
  readonly id: number
  readonly name: string
  /** `Class.method` or `function`. */
  readonly qualifiedName: string
  /** The body: statements, or the expression of a lambda. */
  readonly body: SyntaxNode
  readonly parameters: readonly Parameter[]
  /** Where its free names are looked up. */
  readonly outer: Scope
  readonly role: 'function' | 'method' | 'class-method' | 'static-method' | 'property' | 'lambda'
  /** The class it is defined in. */
  readonly owner: ClassInfo | undefined
  /** True for `@contextmanager`: what it yields is what `with` binds. */
  readonly isContextManager: boolean
}

/** A class, whose members are the names of its scope. */
export interface ClassInfo {
  readonly id: number
  readonly qualifiedName: string
  readonly bases: readonly Value[]
  readonly scope: Scope
  /** Methods that assign an attribute of the instance, by its name. */
  readonly assigners: ReadonlyMap<string, ReadonlySet<string>>
}

/** Which way was gone at some forks of the program, by the number of the fork. */
export type Ways = ReadonlyMap<number, number>

export const NO_WAYS: Ways = new Map()

/** One thing that an expression may be. */
export type Atom = Thing & {
  /** The ways on which it is that; when there are none, on all. */
  readonly ways?: Ways
}

type Thing =
  | { readonly kind: 'text'; readonly text: Text; readonly isNumber?: boolean }
  | { readonly kind: 'unknown'; readonly hole: Hole }
  | { readonly kind: 'none' }
  /** Dictionaries and lists can change, so their contents are kept in the store. */
  | { readonly kind: 'dict'; readonly ref: number }
  | { readonly kind: 'list'; readonly ref: number }
  | { readonly kind: 'json'; readonly value: Value }
  | { readonly kind: 'instance'; readonly of: ClassInfo | undefined }
  | { readonly kind: 'super'; readonly of: ClassInfo }
  | { readonly kind: 'class'; readonly of: ClassInfo }
  | { readonly kind: 'function'; readonly definition: Definition; readonly self: Atom | undefined }
  | { readonly kind: 'agent' }
  /** `method` is undefined where the first argument says it: `agent.request`. */
  | { readonly kind: 'agent-method'; readonly method: string | Hole | undefined }
  /** Something that is not defined in the file: a builtin, or what was imported. */
  | { readonly kind: 'library'; readonly path: string }

/** All that an expression may be; never empty. */
export type Value = readonly Atom[]

/** How many things an expression may be before it counts as unknown. */
export const MAX_ALTERNATIVES = 64

export const NONE: Value = [{ kind: 'none' }]

export const unknown = (name: string): Value => [{ kind: 'unknown', hole: { name } }]

export const literal = (text: string): Value => [{ kind: 'text', text: text === '' ? [] : [text] }]

/** Text of which several readings are possible. */
export const texts = (all: readonly Text[]): Value => all.map((text) => ({ kind: 'text', text }))

/** Returns all that any of the values may be; nothing is known of it when that is too much. */
export function join(values: readonly Value[]): Value {
  const [only] = values
  if (values.length === 1 && only !== undefined && only.length > 0 && only.length <= MAX_ALTERNATIVES) return only
  const found = new Map<string, Atom>()
  for (const atom of values.flat()) {
    const key = keyOf(atom)
    const same = found.get(key)
    found.set(key, same === undefined ? atom : onEitherWay(same, atom))
  }
  if (found.size === 0 || found.size > MAX_ALTERNATIVES) return unknown('value')
  return [...found.values()]
}

/** How many forks are remembered of a value. */
const MAX_FORKS = 8

/** Returns the value as it is on one way from a fork. */
export function onWay(value: Value, fork: number, way: number): Value {
  return value.map((atom) => ({
    ...atom,
    ways: new Map([...(atom.ways ?? []), [fork, way] as const].slice(-MAX_FORKS)),
  }))
}

/** Returns the value without the ways that lead to it. */
export function onAnyWay(value: Value): Value {
  return value.some(({ ways }) => ways !== undefined) ? value.map(withoutWays) : value
}

function withoutWays(atom: Atom): Atom {
  return { ...atom, ways: NO_WAYS }
}

function onEitherWay(atom: Atom, same: Atom): Atom {
  if (atom.ways === undefined || atom.ways.size === 0 || atom === same) return atom
  return { ...atom, ways: new Map([...atom.ways].filter(([fork, way]) => same.ways?.get(fork) === way)) }
}

/** Returns the ways on which both hold; undefined when no way leads to both. */
export function meet(some: Ways = NO_WAYS, others: Ways = NO_WAYS): Ways | undefined {
  if (others.size === 0) return some
  if (some.size === 0) return others
  for (const [fork, way] of some) if ((others.get(fork) ?? way) !== way) return undefined
  return new Map([...some, ...others])
}

/** True when the second value may be nothing that the first may not. */
export function includesAll(value: Value, other: Value): boolean {
  if (value === other) return true
  const keys = new Set(value.map(keyOf))
  return other.every((atom) => keys.has(keyOf(atom)))
}

function keyOf(atom: Atom): string {
  switch (atom.kind) {
    case 'text':
      return `text ${atom.isNumber === true} ${JSON.stringify(atom.text)}`
    case 'unknown':
      return `unknown ${JSON.stringify(atom.hole)}`
    case 'dict':
    case 'list':
      return `ref ${atom.ref}`
    case 'json':
      return `json ${atom.value.map(keyOf).join()}`
    case 'instance':
    case 'super':
    case 'class':
      return `${atom.kind} ${atom.of?.id}`
    case 'function':
      return `function ${atom.definition.id}`
    case 'agent-method':
      return `method ${JSON.stringify(atom.method)}`
    case 'library':
      return `library ${atom.path}`
    case 'none':
    case 'agent':
      return atom.kind
  }
}

/** A text that an expression may be. */
export interface Reading {
  readonly text: Text
  readonly ways: Ways
}

/** What something is called that is not known; worked out when it is needed. */
export type Name = () => string

/**
 * Returns what a value reads when it is put into a text.
 *
 * @param name what a part that is not known is called
 */
export function readingsOf(value: Value, name: Name): Reading[] {
  const found: Reading[] = []
  for (const atom of value) {
    const { ways = NO_WAYS } = atom
    if (atom.kind === 'text') found.push({ text: atom.text, ways })
    else if (atom.kind === 'unknown') found.push({ text: [atom.hole], ways })
    else if (atom.kind !== 'none') found.push({ text: [{ name: name() }], ways })
  }
  return found.length === 0 ? [{ text: [{ name: name() }], ways: NO_WAYS }] : found
}

/** Returns the texts of `readingsOf`. */
export function textsOf(value: Value, name: Name): Text[] {
  return readingsOf(value, name).map(({ text }) => text)
}

/** Returns the texts that are known to the last character. */
export function literalsOf(value: Value): string[] {
  return value.flatMap((atom) => {
    const text = atom.kind === 'text' ? literalOf(atom.text) : undefined
    return text === undefined ? [] : [text]
  })
}
