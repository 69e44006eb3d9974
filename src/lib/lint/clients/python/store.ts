import { includesAll, join, onAnyWay, onWay, type Value } from './values.js'
import type { Hole } from './text.js'

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

const MAX_VARIANTS = 16
/** How many entries or items are followed. What sends names has fewer; tables of data may have any number. */
const MAX_SIZE = 500
const SOME_ITEMS: Hole = { name: 'items' }

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
  private readonly dicts = new Map<number, DictContents>()
  private readonly lists = new Map<number, ListContents>()

  constructor(private readonly below?: Store) {}

  /** How much this store holds itself. */
  get size(): number {
    return this.variables.size + this.dicts.size + this.lists.size
  }

  fork(): Store {
    return new Store(this)
  }

  get(key: string): Value | undefined {
    return this.find((store) => store.variables.get(key))
  }

  set(key: string, value: Value): void {
    this.variables.set(key, value)
  }

  dict(ref: number): DictContents {
    return this.findDict(ref) ?? { entries: new Map(), isComplete: false }
  }

  setDict(ref: number, { entries, isComplete }: DictContents): void {
    const isSmall = entries.size <= MAX_SIZE
    this.dicts.set(ref, {
      entries: isSmall ? entries : new Map([...entries].slice(0, MAX_SIZE)),
      isComplete: isComplete && isSmall,
    })
  }

  list(ref: number): ListContents {
    return this.findList(ref) ?? { variants: [[]], rest: SOME_ITEMS }
  }

  setList(ref: number, { variants, rest }: ListContents): void {
    const isSmall = variants.every(({ length }) => length <= MAX_SIZE)
    this.lists.set(ref, {
      variants: isSmall ? variants : variants.map((items) => items.slice(0, MAX_SIZE)),
      rest: isSmall ? rest : (rest ?? SOME_ITEMS),
    })
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
        return fork === undefined ? onAnyWay(value) : branches.length === 1 ? value : onWay(value, fork, way)
      })
      this.variables.set(key, join(values, nameOfKey(key)))
    }
    this.absorbContents(branches)
  }

  /** Takes over what the branches say of dictionaries and lists, and forgets their variables. */
  absorbContents(branches: readonly Store[]): void {
    for (const ref of keysOf(branches.map(({ dicts }) => dicts))) {
      this.dicts.set(ref, joinDicts(branches.flatMap((branch) => branch.findDict(ref) ?? [])))
    }
    for (const ref of keysOf(branches.map(({ lists }) => lists))) {
      this.lists.set(ref, joinLists(branches.flatMap((branch) => branch.findList(ref) ?? [])))
    }
  }

  /**
   * Returns a store above `base` with what was changed since, also by the stores between: what holds where a function is
   * left in the middle of branches.
   */
  flattenOver(base: Store): Store {
    const flat = base.fork()
    for (const store of this.downTo(base).reverse()) {
      for (const [key, value] of store.variables) flat.variables.set(key, value)
      for (const [ref, contents] of store.dicts) flat.dicts.set(ref, contents)
      for (const [ref, contents] of store.lists) flat.lists.set(ref, contents)
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
    for (const ref of this.dicts.keys()) if (base.findDict(ref) !== undefined) return true
    for (const ref of this.lists.keys()) if (base.findList(ref) !== undefined) return true
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
      this.variables.set(key, join([before, [{ kind: 'unknown', hole: { name: nameOfKey(key) } }]], nameOfKey(key)))
    }
    for (const [ref, contents] of round.dicts) {
      if (this.findDict(ref) !== undefined) this.dicts.set(ref, joinDicts([this.dict(ref), contents]))
    }
    for (const [ref, contents] of round.lists) {
      const before = this.findList(ref)
      if (before === undefined) continue
      if (contents.variants.every((items) => before.variants.some((one) => isSame(one, items)))) continue
      isWidened ||= before.rest === undefined
      this.lists.set(ref, { variants: before.variants, rest: before.rest ?? SOME_ITEMS })
    }
    return isWidened
  }

  private findDict(ref: number): DictContents | undefined {
    return this.find((store) => store.dicts.get(ref))
  }

  private findList(ref: number): ListContents | undefined {
    return this.find((store) => store.lists.get(ref))
  }

  private find<T>(look: (store: Store) => T | undefined): T | undefined {
    return look(this) ?? this.below?.find(look)
  }
}

function keysOf<K>(maps: readonly ReadonlyMap<K, unknown>[]): Set<K> {
  return new Set(maps.flatMap((map) => [...map.keys()]))
}

function joinDicts(all: readonly DictContents[]): DictContents {
  const entries = new Map<string, Value>()
  for (const one of all) {
    for (const [name, value] of one.entries) {
      const before = entries.get(name)
      entries.set(name, before === undefined || before === value ? value : join([before, value], name))
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
  return (
    items.length === others.length &&
    items.every(
      (item, index) =>
        item === others[index] || (includesAll(item, others[index] ?? []) && includesAll(others[index] ?? [], item)),
    )
  )
}
