import type { SyntaxNode } from '@lezer/common'
import type { FoundRequest } from './collected-calls.js'
import { Calls } from './calls.js'
import type { CallContext, Frame } from './frames.js'
import type { Arguments } from './requests.js'
import { childrenOf, isExpression } from './syntax.js'
import type { Hole } from './text.js'
import {
  type Atom,
  type ClassInfo,
  type Definition,
  join,
  literalsOf,
  NONE,
  type Parameter,
  type Scope,
  unknown,
  type Value,
} from './values.js'

/** How many functions are followed into one another. */
const MAX_CALLS = 12

/** What it costs to follow a call, next to what it leads to. */
const COST_OF_CALL = 10

/** Defines functions, and goes through their bodies, on their own or as they are called. */
export abstract class Functions extends Calls {
  private ids = 0
  /** True while a function is read of which it is not known whether it can be read yet. */
  private isTrial = false
  /** The functions that are being gone through, outermost first. */
  private readonly running: Definition[] = []
  private readonly bodies = new Map<number, SyntaxNode>()
  private readonly namesBound = new Map<number, ReadonlySet<string>>()

  /** Goes through the statements of a body; false when none of its paths comes to its end. */
  protected abstract execute(body: SyntaxNode, frame: Frame): boolean

  /** Returns the class whose body a scope is. */
  protected abstract classAt(scope: Scope): ClassInfo | undefined

  protected newId(): number {
    return ++this.ids
  }

  protected newFrame(scope: Scope, definition: Definition | undefined, context: CallContext): Frame {
    return { scope, definition, context, entry: this.store, returns: [], yields: [], exits: [], postponed: [] }
  }

  protected readParameters(list: SyntaxNode | null, frame: Frame): Parameter[] {
    const parameters: Parameter[] = []
    const children = list === null ? [] : childrenOf(list).filter(({ name }) => name !== 'TypeDef')
    let isKeywordOnly = false
    for (const [index, child] of children.entries()) {
      const [before, after] = [children[index - 1]?.name, children[index + 1]?.name]
      if (child.name === '*') isKeywordOnly = true
      if (child.name !== 'VariableName' || before === 'AssignOp') continue
      const value = children[index + 2]
      parameters.push({
        name: this.sourceOf(child),
        kind: before === '*' ? 'rest' : before === '**' ? 'keywords' : 'plain',
        isKeywordOnly: isKeywordOnly && before !== '*',
        defaultValue: after === 'AssignOp' && value !== undefined ? this.evaluate(value, frame) : undefined,
      })
    }
    return parameters
  }

  protected defineLambda(node: SyntaxNode, frame: Frame): Value {
    const body = childrenOf(node).filter(isExpression).at(-1)
    if (body === undefined || body.name === 'ParamList') return unknown('lambda')
    const definition: Definition = {
      id: this.newId(),
      name: 'lambda',
      qualifiedName: frame.scope.qualifiedName,
      body,
      parameters: this.readParameters(node.getChild('ParamList'), frame),
      outer: frame.scope,
      role: 'lambda',
      owner: undefined,
      isContextManager: false,
    }
    this.enterAside(definition, undefined, undefined, frame.context)
    return [{ kind: 'function', definition, self: undefined }]
  }

  /** Reads a function for the requests that it makes whoever calls it. */
  protected readAlone(definition: Definition): void {
    const before = this.store
    this.enter(definition, selfOf(definition), undefined, contextOf(definition))
    this.store = before
  }

  /** Reads a function inside of another one, now or, where it needs names that are bound later, at the end of that. */
  protected readInside(definition: Definition, frame: Frame): void {
    if (this.isTrial) {
      this.readNested(definition, frame.context)
      return
    }
    const { calls } = this
    const found: FoundRequest[] = []
    this.calls = { add: (request) => found.push(request) }
    this.isTrial = true
    this.needsLaterName = false
    this.readNested(definition, frame.context)
    this.isTrial = false
    this.calls = calls
    if (!this.needsLaterName) {
      for (const request of found) calls.add(request)
      return
    }
    frame.postponed.push(definition)
    for (const { at } of found) this.reached.delete(at)
  }

  private readNested(definition: Definition, context: CallContext): void {
    const { qualifiedName } = definition
    const isAlone = context.chain.length === 0
    const inner = isAlone ? { ...context, root: definition, qualifiedName } : context
    this.enterAside(definition, selfOf(definition), undefined, inner)
  }

  protected invoke(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments,
    at: number,
    frame: Frame | undefined,
  ): Value {
    if (this.running.includes(definition) || !this.mayCallMore()) return unknown(definition.name)
    const caller = frame?.context ?? contextOf(undefined)
    const context = { ...caller, site: caller.site ?? at, chain: [...caller.chain, definition] }
    const { isSilent } = this
    this.isSilent ||= frame === undefined
    const value = this.enterAside(definition, self, args, context)
    this.isSilent = isSilent
    return value
  }

  protected mayCallMore(): boolean {
    return this.running.length < MAX_CALLS
  }

  /** Goes through a body, of which only what it does to dictionaries and lists is kept. */
  private enterAside(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments | undefined,
    context: CallContext,
  ): Value {
    const before = this.store
    const { value, exits } = this.enter(definition, self, args, context)
    this.store = before
    before.absorbContents(exits)
    return value
  }

  /**
   * Goes through the body of a function, with a store that the caller has to put back.
   *
   * @param args undefined when any caller is meant
   */
  protected enter(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments | undefined,
    context: CallContext,
  ): Frame & { readonly value: Value } {
    this.spend(COST_OF_CALL)
    const { body, qualifiedName, outer } = definition
    const scope: Scope = { id: this.newId(), outer, qualifiedName, foreign: undefined }
    const frame = this.newFrame(scope, definition, context)
    this.bodies.set(scope.id, body)
    this.store = frame.entry.fork()
    this.running.push(definition)
    this.bindParameters(definition, self, args, frame)
    let value: Value = unknown(definition.name)
    this.nest(() => {
      value = this.goThrough(definition, frame)
    })
    this.running.pop()
    this.bodies.delete(scope.id)
    return { ...frame, value }
  }

  private goThrough(definition: Definition, frame: Frame): Value {
    if (definition.role === 'lambda') {
      const value = this.evaluate(definition.body, frame)
      this.exit(frame)
      return value
    }
    const isLeftAtEnd = this.execute(definition.body, frame)
    if (isLeftAtEnd) frame.returns.push(NONE)
    if (isLeftAtEnd || frame.exits.length === 0) this.exit(frame)
    if (frame.postponed.length > 0) {
      this.store = frame.entry.fork()
      this.store.absorb(frame.exits)
      for (const nested of frame.postponed) this.readNested(nested, { ...frame.context, isGuess: true })
    }
    if (frame.yields.length === 0) return join(frame.returns)
    return definition.isContextManager
      ? join(frame.yields)
      : this.newList({ variants: [frame.yields], rest: undefined })
  }

  /** Keeps what is known where a function is left. */
  protected exit(frame: Frame): void {
    const exit = this.store.flattenOver(frame.entry)
    this.spend(exit.size)
    frame.exits.push(exit)
  }

  private bindParameters(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments | undefined,
    frame: Frame,
  ): void {
    const { role, id, parameters, outer } = definition
    const isBound = self !== undefined && role !== 'static-method' && role !== 'function'
    const given = isBound && args !== undefined ? { ...args, positional: [[self], ...args.positional] } : args
    if (given !== undefined) {
      this.bindArguments(parameters, given, frame)
      return
    }
    for (const [index, { name, kind, defaultValue }] of parameters.entries()) {
      const hole: Hole = { name, parameterOf: id, ...defaultOf(defaultValue) }
      // A function that is no method may be meant as one: the name of its parameter says so.
      const isSelf = index === 0 && (isBound || (name === 'self' && self === undefined))
      if (isSelf) this.bind(name, [self ?? { kind: 'instance', of: this.classAt(outer) }], frame)
      else if (kind === 'rest') this.bind(name, this.newList({ variants: [[]], rest: hole }), frame)
      else if (kind === 'keywords') this.bind(name, this.newDict({ entries: new Map(), isComplete: false }), frame)
      else this.bind(name, [{ kind: 'unknown', hole }], frame)
    }
  }

  private bindArguments(parameters: readonly Parameter[], given: Arguments, frame: Frame): void {
    const names = new Set(parameters.map(({ name }) => name))
    const mayBeGiven = given.mayHaveMoreKeywords || given.rest !== undefined
    let next = 0
    for (const { name, kind, isKeywordOnly, defaultValue } of parameters) {
      if (kind === 'rest') {
        const items = given.positional.slice(next)
        this.bind(name, this.newList({ variants: [items], rest: given.rest }), frame)
      } else if (kind === 'keywords') {
        const entries = new Map([...given.keywords].filter(([keyword]) => !names.has(keyword)))
        this.bind(name, this.newDict({ entries, isComplete: !given.mayHaveMoreKeywords }), frame)
      } else {
        const value = given.keywords.get(name) ?? (isKeywordOnly ? undefined : given.positional[next++])
        const otherwise = mayBeGiven ? undefined : defaultValue
        this.bind(name, value ?? otherwise ?? unknown(name), frame)
      }
    }
  }

  protected mayBindLater(scope: Scope, name: string): boolean {
    const body = this.bodies.get(scope.id)
    if (body === undefined) return false
    const names = this.namesBound.get(body.from) ?? this.findBoundNames(body)
    this.namesBound.set(body.from, names)
    return names.has(name)
  }

  /** Finds all that may be bound somewhere in a body; what is only read is found too, and does no harm. */
  private findBoundNames(body: SyntaxNode): Set<string> {
    const names = new Set<string>()
    const cursor = body.cursor()
    do {
      if (!/Statement$|Definition$|NamedExpression/.test(cursor.name)) continue
      for (const variable of cursor.node.getChildren('VariableName')) names.add(this.sourceOf(variable))
    } while (cursor.next() && cursor.from < body.to)
    return names
  }
}

/** The context of code that is read on its own. */
export function contextOf(root: Definition | undefined): CallContext {
  return { root, qualifiedName: root?.qualifiedName ?? '', site: undefined, chain: [], isGuess: false }
}

function selfOf({ owner }: Definition): Atom | undefined {
  return owner === undefined ? undefined : { kind: 'instance', of: owner }
}

function defaultOf(value: Value | undefined): { defaultText?: string } {
  const [text] = literalsOf(value ?? [])
  return text === undefined ? {} : { defaultText: text }
}
