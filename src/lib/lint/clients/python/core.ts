import type { SyntaxNode } from '@lezer/common'
import { nameOf } from './expression-names.js'
import type { Frame } from './frames.js'
import type { Machine } from './machine.js'
import type { Arguments } from './requests.js'
import { type DictContents, type ListContents, Store, variableKey } from './store.js'
import { textOf } from './syntax.js'
import { type Scope, unknown, type Value } from './values.js'

/** How deep expressions, statements and calls may be nested in one another; Python itself ends at 200 brackets. */
const MAX_DEPTH = 300

/** What all parts of the interpreter work on: what is known, what it costs to find out, and names. */
export abstract class Core implements Machine {
  store = new Store()
  /** How many nodes may still be looked at before the rest counts as unknown. */
  protected fuel = 0
  /** True when a name was needed that the function around binds later. */
  protected needsLaterName = false
  private depth = 0
  private references = 0
  /** Offset of the expression that is looked at. */
  private site = 0
  /** The dictionaries and lists that a loop makes, so that each round makes the same ones. */
  private made: { readonly refs: Map<string, number>; readonly counts: Map<number, number> } | undefined

  constructor(protected readonly text: string) {}

  abstract attributeOf(value: Value, name: string): Value
  abstract call(callee: Value, args: Arguments): Value
  protected abstract dispatch(node: SyntaxNode, frame: Frame): Value
  /** True when the function of a scope binds a name somewhere. */
  protected abstract mayBindLater(scope: Scope, name: string): boolean

  /** Returns all that an expression may be. */
  protected evaluate(node: SyntaxNode, frame: Frame): Value {
    if (!this.spend(1) || this.depth >= MAX_DEPTH) return unknown(this.nameOf(node))
    const { site } = this
    this.depth++
    this.site = node.from
    const value = this.dispatch(node, frame)
    this.depth--
    this.site = site
    return value
  }

  /** Runs something one level deeper; not at all where that would be too deep. */
  protected nest(action: () => void): void {
    if (this.depth >= MAX_DEPTH) return
    this.depth++
    action()
    this.depth--
  }

  /** Returns false when no fuel is left. */
  protected spend(amount: number): boolean {
    this.fuel -= amount
    return this.fuel > 0
  }

  protected nameOf(node: SyntaxNode): string {
    return nameOf(node, this.text)
  }

  protected sourceOf(node: SyntaxNode): string {
    return textOf(node, this.text)
  }

  protected lookUp(name: string, scope: Scope): Value {
    for (let inner: Scope | undefined = scope; inner !== undefined; inner = inner.outer) {
      const owner: Scope = inner.foreign?.get(name) ?? inner
      const found = this.store.get(variableKey(owner.id, name))
      if (found !== undefined) return called(found, name)
      if (inner !== scope && this.mayBindLater(owner, name)) this.needsLaterName = true
    }
    return name === 'self' ? [{ kind: 'instance', of: undefined }] : [{ kind: 'library', path: name }]
  }

  protected bind(name: string, value: Value, { scope }: Frame): void {
    this.store.set(variableKey((scope.foreign?.get(name) ?? scope).id, name), value)
  }

  newDict(contents: DictContents): Value {
    const ref = this.newReference()
    this.store.setDict(ref, contents)
    return [{ kind: 'dict', ref }]
  }

  newList(contents: ListContents): Value {
    const ref = this.newReference()
    this.store.setList(ref, contents)
    return [{ kind: 'list', ref }]
  }

  private newReference(): number {
    if (this.made === undefined) return ++this.references
    const { refs, counts } = this.made
    const count = (counts.get(this.site) ?? 0) + 1
    counts.set(this.site, count)
    const key = `${this.site} ${count}`
    const ref = refs.get(key) ?? ++this.references
    refs.set(key, ref)
    return ref
  }

  /** Runs the rounds of a loop, of which each makes the same dictionaries and lists in the same places. */
  protected inRounds(action: (startRound: () => void) => void): void {
    const { made } = this
    const refs = new Map<string, number>()
    action(() => {
      this.made = { refs, counts: new Map() }
    })
    this.made = made
  }

  /** Runs something whose variables are forgotten afterwards. */
  protected inOwnScope<T>(action: () => T): T {
    const before = this.store
    this.store = before.fork()
    const result = action()
    before.absorbContents([this.store])
    this.store = before
    return result
  }
}

/** What is not known is called after the expression that it is read from. */
export function called(value: Value, name: string): Value {
  if (value.every((atom) => atom.kind !== 'unknown' || atom.hole.name === name)) return value
  return value.map((atom) => (atom.kind === 'unknown' ? { ...atom, hole: { ...atom.hole, name } } : atom))
}
