import type { Hole } from './text.js'
import { includesAll, join, onAnyWay, onWay, unknown, type Value } from './values.js'

/** What a dictionary holds. Entries that only some paths add are held too. */
export interface DictContents {
  readonly entries: ReadonlyMap<string, Value>
  /** False when there may be further entries. */
  readonly isComplete: boolean
}

/** What a list, tuple or set holds. */
export interface ListContents {
  /** One list of items for each way to get here; at least one. */
  readonly variants: readonly (readonly Value[])[]
  /** What further items there may be; undefined when there are none. */
  readonly rest: Hole | undefined
}

type Contents = DictContents | ListContents

const isDict = (contents: Contents | undefined): contents is DictContents =>
  contents !== undefined && 'entries' in contents

const MAX_VARIANTS = 16
/** How many entries or items are followed. What sends names has fewer; tables of data may have any number. */
export const MAX_SIZE = 500
const SOME_ITEMS: Hole = { name: 'items' }
const ANY_DICT: DictContents = { entries: new Map(), isComplete: false }
const ANY_LIST: ListContents = { variants: [[]], rest: SOME_ITEMS }

/** The key of a variable. */
export const variableKey = (scopeId: number, name: string): string => `${scopeId} ${name}`

/** The key of an attribute of an instance. */
export const attributeKey = (classId: number | undefined, name: string): string => `self${classId ?? ''} ${name}`

const nameOfKey = (key: string): string => key.slice(key.indexOf(' ') + 1)

/**
 * What is known at one point of a program: variables by key, and the contents of dictionaries and lists by reference. A
 * branch is a store of its own that holds only what it changes.
 */
export class Store {
  private readonly variables = new Map<string, Value>()
  private readonly contents = new Map<number, Contents>()

  constructor(private readonly below?: Store) {}

  /** How much this store holds itself. */
  get size(): number {
    return this.variables.size + this.contents.size
  }

  fork(): Store {
    return new Store(this)
  }

  get(key: string): Value | undefined {
    return this.variables.get(key) ?? this.below?.get(key)
  }

  set(key: string, value: Value): void {
    this.variables.set(key, value)
  }

  dict(ref: number): DictContents {
    const contents = this.find(ref)
    return isDict(contents) ? contents : ANY_DICT
  }

  setDict(ref: number, contents: DictContents): void {
    const { entries } = contents
    const isSmall = entries.size <= MAX_SIZE
    const kept = isSmall ? contents : { entries: new Map([...entries].slice(0, MAX_SIZE)), isComplete: false }
    this.contents.set(ref, kept)
  }

  list(ref: number): ListContents {
    const contents = this.find(ref)
    return contents === undefined || isDict(contents) ? ANY_LIST : contents
  }

  setList(ref: number, contents: ListContents): void {
    const { variants, rest = SOME_ITEMS } = contents
    const isSmall = variants.every(({ length }) => length <= MAX_SIZE)
    const kept = isSmall ? contents : { variants: variants.map((items) => items.slice(0, MAX_SIZE)), rest }
    this.contents.set(ref, kept)
  }

  /**
   * Takes over what the branches say, of which one was gone through.
   *
   * @param fork a number for the fork where they part; undefined when values of several of them may come together
   */
  absorb(branches: readonly Store[], fork?: number): void {
    for (const key of keysOf(branches.map(({ variables }) => variables))) {
      const values = branches.map((branch, way): Value => {
        const value = branch.get(key) ?? []
        if (fork === undefined) return onAnyWay(value)
        return branches.length === 1 ? value : onWay(value, fork, way)
      })
      this.variables.set(key, join(values))
    }
    this.absorbContents(branches)
  }

  /** Takes over what the branches say of dictionaries and lists, and forgets their variables. */
  absorbContents(branches: readonly Store[]): void {
    for (const ref of keysOf(branches.map(({ contents }) => contents))) {
      this.contents.set(ref, joinContents(branches.flatMap((branch) => branch.find(ref) ?? [])))
    }
  }

  /**
   * Returns what was changed above `base`, as one store: what holds where a function is left in the middle of branches.
   */
  flattenOver(base: Store): Store {
    if (this.below === base) return this
    const flat = base.fork()
    for (const store of this.downTo(base).reverse()) {
      for (const [key, value] of store.variables) flat.variables.set(key, value)
      for (const [ref, contents] of store.contents) flat.contents.set(ref, contents)
    }
    return flat
  }

  private downTo(base: Store): Store[] {
    return this === base ? [] : [this, ...(this.below?.downTo(base) ?? [])]
  }

  /** True when this branch changed something that was there before. */
  changesWhatWas(base: Store): boolean {
    for (const [key, value] of this.variables) {
      const before = base.get(key)
      if (before !== undefined && !includesAll(before, value)) return true
    }
    for (const ref of this.contents.keys()) if (base.find(ref) !== undefined) return true
    return false
  }

  /**
   * Takes over a further round of a loop. What still changes grows without end, so it is unknown.
   *
   * @returns whether there was such a thing
   */
  widen(round: Store): boolean {
    let isWidened = false
    for (const [key, value] of round.variables) {
      const before = this.get(key)
      if (before === undefined || includesAll(before, value)) continue
      isWidened = true
      this.variables.set(key, join([before, unknown(nameOfKey(key))]))
    }
    for (const [ref, contents] of round.contents) {
      const before = this.find(ref)
      if (before === undefined) continue
      if (isDict(before) || isDict(contents)) {
        this.contents.set(ref, joinContents([before, contents]))
      } else if (!contents.variants.every((items) => before.variants.some((one) => isSame(one, items)))) {
        isWidened ||= before.rest === undefined
        this.contents.set(ref, { variants: before.variants, rest: before.rest ?? SOME_ITEMS })
      }
    }
    return isWidened
  }

  private find(ref: number): Contents | undefined {
    return this.contents.get(ref) ?? this.below?.find(ref)
  }
}

function keysOf<K>(maps: readonly ReadonlyMap<K, unknown>[]): Iterable<K> {
  const [only] = maps
  return maps.length === 1 && only !== undefined ? only.keys() : new Set(maps.flatMap((map) => [...map.keys()]))
}

function joinContents(all: readonly Contents[]): Contents {
  const [only] = all
  if (all.length === 1 && only !== undefined) return only
  const dicts = all.filter(isDict)
  return dicts.length > 0 ? joinDicts(dicts) : joinLists(all.filter((one): one is ListContents => !isDict(one)))
}

function joinDicts(all: readonly DictContents[]): DictContents {
  const entries = new Map<string, Value>()
  for (const one of all) {
    for (const [name, value] of one.entries) {
      const before = entries.get(name)
      entries.set(name, before === undefined || before === value ? value : join([before, value]))
    }
  }
  return { entries, isComplete: all.every(({ isComplete }) => isComplete) }
}

function joinLists(all: readonly ListContents[]): ListContents {
  const variants: (readonly Value[])[] = []
  for (const items of all.flatMap((one) => one.variants)) {
    if (!variants.some((one) => isSame(one, items))) variants.push(items)
  }
  const rest = all.find((one) => one.rest !== undefined)?.rest
  if (variants.length <= MAX_VARIANTS) return { variants, rest }
  return { variants: variants.slice(0, MAX_VARIANTS), rest: rest ?? SOME_ITEMS }
}

function isSame(items: readonly Value[], others: readonly Value[]): boolean {
  if (items.length !== others.length) return false
  return items.every((item, index) => {
    const other = others[index] ?? []
    return item === other || (includesAll(item, other) && includesAll(other, item))
  })
}
