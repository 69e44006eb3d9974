import type { SyntaxNode } from '@lezer/common'
import type { CollectedCalls, FoundRequest } from './collected-calls.js'
import { combine } from './combine.js'
import { callDictMethod, callListMethod, deleteEntry, getEntry, readAsDict, setEntry } from './container-methods.js'
import { elementsOf } from './elements.js'
import { nameOf } from './expression-names.js'
import type { Frame } from './frames.js'
import { callLibrary, isHarmless, namedBy, passThrough, positionalOnly } from './library.js'
import { readString, unescape, wrappingOf } from './literals.js'
import { listOf, type Machine } from './machine.js'
import { type Arguments, readRequests } from './requests.js'
import { attributeKey, type DictContents, type ListContents, Store, variableKey } from './store.js'
import { childrenOf, propertyOf, REQUEST_METHODS, textOf } from './syntax.js'
import { type Hole, isHole } from './text.js'
import { callTextMethod, formatPercent, receiverTexts } from './text-methods.js'
import {
  type Atom,
  type ClassInfo,
  type Definition,
  join,
  literal,
  NONE,
  type Scope,
  textsOf,
  unknown,
  type Value,
} from './values.js'

/** How deep expressions, statements and calls may be nested in one another; Python itself ends at 200 brackets. */
const MAX_DEPTH = 300
/** Why there is no URL where a method of the agent is an argument of another function. */
const HANDED_ON = 'the method is handed on to another function, and the URL is not seen'
/** How many elements a comprehension is gone through for. */
const MAX_ROUNDS = 200

/** Tells what expressions may be, and collects the requests that they make. */
export abstract class Evaluator implements Machine {
  store = new Store()
  /** True while code is read for what it returns or assigns only. */
  protected isSilent = false
  /** How many nodes may still be looked at before the rest counts as unknown. */
  protected fuel = 0
  private depth = 0
  private references = 0
  /** Offset of the expression that is looked at. */
  private site = 0
  /** The dictionaries and lists that a loop makes, so that each round makes the same ones. */
  private made: { readonly refs: Map<string, number>; readonly counts: Map<number, number> } | undefined
  /** Calls of the agent that were come across. */
  readonly reached = new Set<number>()
  /** True when a name was needed that the function around binds later. */
  protected needsLaterName = false

  constructor(
    protected readonly text: string,
    protected calls: Pick<CollectedCalls, 'add'>,
  ) {}

  /** Returns what a function may return, with the requests that it makes. */
  protected abstract invoke(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments,
    at: number,
    frame: Frame | undefined,
  ): Value
  protected abstract instantiate(of: ClassInfo, args: Arguments): Value
  /** Returns what an attribute of an instance may be, apart from what is assigned on the way here. */
  protected abstract memberOf(of: ClassInfo | undefined, self: Atom, name: string): Value
  protected abstract memberOfSuper(of: ClassInfo, name: string, frame: Frame | undefined): Value
  protected abstract memberOfClass(of: ClassInfo, name: string): Value
  protected abstract defineLambda(node: SyntaxNode, frame: Frame): Value
  protected abstract mayBindLater(scope: Scope, name: string): boolean

  evaluate(node: SyntaxNode, frame: Frame): Value {
    if (!this.spend(1) || this.depth >= MAX_DEPTH) return unknown(nameOf(node, this.text))
    const { site } = this
    this.depth++
    this.site = node.from
    try {
      return this.dispatch(node, frame)
    } finally {
      this.depth--
      this.site = site
    }
  }

  /** Runs something one level deeper; false where that would be too deep. */
  protected nest(action: () => void): void {
    if (this.depth >= MAX_DEPTH) return
    this.depth++
    try {
      action()
    } finally {
      this.depth--
    }
  }

  /** Returns false when no fuel is left. */
  protected spend(amount: number): boolean {
    this.fuel -= amount
    return this.fuel > 0
  }

  private dispatch(node: SyntaxNode, frame: Frame): Value {
    switch (node.name) {
      case 'String':
        return literal(readString(this.sourceOf(node)))
      case 'ContinuedString':
        return combine(childrenOf(node).map((child) => ({ value: this.evaluate(child, frame), name: 'text' })))
      case 'FormatString':
        return this.evaluateFormatString(node, frame)
      case 'Number':
      case 'Boolean':
        return [{ kind: 'text', text: [this.sourceOf(node)], isNumber: true }]
      case 'None':
        return NONE
      case 'VariableName':
        return this.lookUp(this.sourceOf(node), frame.scope)
      case 'MemberExpression':
        return this.evaluateMember(node, frame)
      case 'CallExpression':
        return this.evaluateCall(node, frame)
      case 'BinaryExpression':
        return this.evaluateBinary(node, frame)
      case 'ConditionalExpression':
        return this.evaluateConditional(node, frame)
      case 'ParenthesizedExpression':
      case 'AwaitExpression':
        return this.evaluateInner(node, frame)
      case 'NamedExpression':
        return this.evaluateNamed(node, frame)
      case 'YieldExpression':
        return this.evaluateYield(node, frame)
      case 'LambdaExpression':
        return this.defineLambda(node, frame)
      case 'TupleExpression':
      case 'ArrayExpression':
      case 'SetExpression':
        return this.evaluateItems(childrenOf(node).slice(1), frame)
      case 'ArrayComprehensionExpression':
      case 'SetComprehensionExpression':
      case 'ComprehensionExpression':
      case 'DictionaryComprehensionExpression':
        return this.evaluateComprehension(childrenOf(node), node.name.startsWith('Dict'), frame)
      case 'DictionaryExpression':
        return this.evaluateDictionary(node, frame)
      default:
        for (const child of childrenOf(node)) if (isExpression(child)) this.evaluate(child, frame)
        return unknown(this.nameOf(node))
    }
  }

  // Names and attributes

  protected lookUp(name: string, scope: Scope): Value {
    for (let inner: Scope | undefined = scope; inner !== undefined; inner = inner.outer) {
      const owner: Scope = inner.foreign.get(name) ?? inner
      const found = this.store.get(variableKey(owner.id, name))
      if (found !== undefined) return called(found, name)
      if (inner !== scope && this.mayBindLater(owner, name)) this.needsLaterName = true
    }
    if (name === 'self') return [{ kind: 'instance', of: undefined }]
    return [{ kind: 'library', path: name }]
  }

  protected bind(name: string, value: Value, { scope }: Frame): void {
    this.store.set(variableKey((scope.foreign.get(name) ?? scope).id, name), value)
  }

  attributeOf(value: Value, name: string, frame?: Frame): Value {
    return join(
      value.map((atom) => this.attributeOfAtom(atom, name, frame)),
      name,
    )
  }

  private attributeOfAtom(atom: Atom, name: string, frame: Frame | undefined): Value {
    switch (atom.kind) {
      case 'instance':
        return this.attributeOfInstance(atom, atom.of, name)
      case 'super':
        return this.memberOfSuper(atom.of, name, frame)
      case 'class':
        return this.memberOfClass(atom.of, name)
      case 'agent':
        if (REQUEST_METHODS.has(name)) return [{ kind: 'agent-method', method: name.toUpperCase() }]
        return name === 'request' ? [{ kind: 'agent-method', method: undefined }] : unknown(name)
      case 'library':
        return [{ kind: 'library', path: `${atom.path}.${name}`.slice(-200) }]
      case 'text':
        // An entry of an enumeration of texts.
        return name === 'value' ? [atom] : unknown(name)
      case 'agent-method':
      case 'dict':
      case 'function':
      case 'json':
      case 'list':
      case 'none':
      case 'unknown':
        return unknown(name)
    }
  }

  private attributeOfInstance(self: Atom, of: ClassInfo | undefined, name: string): Value {
    if (name === 'agent') return [{ kind: 'agent' }]
    if (name === '__class__') return of === undefined ? unknown(name) : [{ kind: 'class', of }]
    const found = called(this.store.get(attributeKey(of?.id, name)) ?? this.memberOf(of, self, name), name)
    // None stands for what is set later, by somebody else.
    const value = found.every(({ kind }) => kind === 'none') ? unknown(name) : found
    return name === 'url' ? value.map(asApi) : value
  }

  private evaluateMember(node: SyntaxNode, frame: Frame): Value {
    const [object, ...rest] = childrenOf(node)
    if (object === undefined) return unknown('value')
    const value = this.evaluate(object, frame)
    const property = propertyOf(node, this.text)
    if (property !== undefined) {
      const found = this.attributeOf(value, property, frame)
      return found.some(({ kind }) => kind === 'unknown') ? called(found, this.nameOfMember(node, found)) : found
    }
    const indices = rest.filter(isExpression).map((index) => this.evaluate(index, frame))
    const [index] = indices
    const name = this.nameOf(node)
    if (index === undefined || indices.length > 1 || rest.some((child) => child.name === ':')) return unknown(name)
    return join(
      value.map((atom) => this.entryOf(atom, index, name)),
      name,
    )
  }

  /** Holes that are known by convention or as parameters keep their names. */
  private nameOfMember(node: SyntaxNode, found: Value): string {
    const [only] = found
    return only?.kind === 'unknown' && only.hole.parameterOf !== undefined ? only.hole.name : this.nameOf(node)
  }

  private entryOf(atom: Atom, index: Value, name: string): Value {
    if (atom.kind === 'dict') return getEntry(atom.ref, index, name, this)
    if (atom.kind !== 'list') return unknown(name)
    const { variants, rest } = this.store.list(atom.ref)
    const [position] = namedBy(index)
    const found = variants.flatMap((items) => {
      const item = position === undefined ? undefined : items.at(Number(position))
      return position === undefined ? items : item === undefined ? [] : [item]
    })
    return found.length === 0 || (rest !== undefined && position === undefined) ? unknown(name) : join(found, name)
  }

  // Texts and operators

  private evaluateFormatString(node: SyntaxNode, frame: Frame): Value {
    const source = this.sourceOf(node)
    const { isRaw, start, end } = wrappingOf(source)
    const read = (from: number, to: number): Value => {
      const piece = source.slice(from, to)
      return literal((isRaw ? piece : unescape(piece)).replaceAll('{{', '{').replaceAll('}}', '}'))
    }
    const operands = []
    let from = start
    for (const child of childrenOf(node)) {
      if (child.name !== 'FormatReplacement') continue
      operands.push({ value: read(from, child.from - node.from), name: 'text' })
      const [expression, ...rest] = childrenOf(child).filter(isExpression)
      const value = expression === undefined ? unknown('value') : this.evaluate(expression, frame)
      for (const specification of rest) this.evaluate(specification, frame)
      operands.push({ value, name: expression === undefined ? 'value' : this.nameOf(expression) })
      from = child.to - node.from
    }
    return combine([...operands, { value: read(from, source.length - end), name: 'text' }])
  }

  /** Chains of operators lean to the left, as far as somebody cares to write them. */
  private evaluateBinary(node: SyntaxNode, frame: Frame): Value {
    const chain: SyntaxNode[] = []
    let left: SyntaxNode | null = node
    while (left?.name === 'BinaryExpression') {
      chain.push(left)
      left = left.firstChild
    }
    let value: Value = left === null ? unknown('value') : this.evaluate(left, frame)
    let name = left === null ? 'value' : this.nameOf(left)
    for (const step of chain.reverse()) {
      const [, operator, ...rest] = childrenOf(step)
      const right = rest.filter(isExpression).at(-1)
      if (operator === undefined || right === undefined || !this.spend(1)) continue
      const rightName = this.nameOf(right)
      value = this.operate(
        this.sourceOf(operator),
        { value, name },
        { value: this.evaluate(right, frame), name: rightName },
      )
      name ||= rightName
    }
    return value
  }

  protected operate(
    operator: string,
    left: { value: Value; name: string },
    right: { value: Value; name: string },
  ): Value {
    const has = (kind: Atom['kind']): boolean => [...left.value, ...right.value].some((atom) => atom.kind === kind)
    const isNumeric = [...left.value, ...right.value].some((atom) => atom.kind === 'text' && atom.isNumber === true)
    const isText = left.value.some((atom) => atom.kind === 'text' && atom.isNumber !== true)
    switch (operator) {
      case '+':
        if (has('list')) return this.concatenateLists(left.value, right.value)
        return isNumeric ? unknown(left.name) : combine([left, right])
      case '%':
        return isText
          ? formatPercent(textsOf(left.value, left.name), right.value, right.name, this)
          : unknown(left.name)
      case '/':
        return isNumeric
          ? unknown(left.name)
          : (callLibrary('path.join', positionalOnly([left.value, right.value]), left.name, this) ?? [])
      case '|':
        return has('dict') ? this.mergeDicts([left.value, right.value]) : unknown(left.name)
      case 'or': {
        const given = left.value.filter(({ kind }) => kind !== 'none')
        return given.length === 0 ? right.value : join([given, right.value], left.name)
      }
      case 'and':
        return right.value
      default:
        return unknown(left.name)
    }
  }

  private concatenateLists(left: Value, right: Value): Value {
    const [before, after] = [elementsOf(left, this.store), elementsOf(right, this.store)]
    // What follows an unknown number of items is not known to be in order, so that it cannot be told apart from them.
    return this.newList({ variants: [[...before.items, ...after.items]], rest: before.rest ?? after.rest })
  }

  private mergeDicts(values: readonly Value[]): Value {
    return callLibrary('dict', positionalOnly(values), 'dict', this) ?? unknown('dict')
  }

  private evaluateConditional(node: SyntaxNode, frame: Frame): Value {
    const [then, condition, otherwise] = childrenOf(node).filter(isExpression)
    if (condition !== undefined) this.evaluate(condition, frame)
    const values = [then, otherwise].flatMap((branch) => (branch === undefined ? [] : [this.evaluate(branch, frame)]))
    return join(values, this.nameOf(node))
  }

  private evaluateInner(node: SyntaxNode, frame: Frame): Value {
    const [first, ...others] = childrenOf(node).filter(isExpression)
    const value = first === undefined ? unknown('value') : this.evaluate(first, frame)
    for (const other of others) this.evaluate(other, frame)
    return value
  }

  private evaluateNamed(node: SyntaxNode, frame: Frame): Value {
    const [target, , expression] = childrenOf(node)
    if (target === undefined || expression === undefined) return unknown('value')
    const value = this.evaluate(expression, frame)
    this.assign(target, value, frame)
    return value
  }

  protected evaluateYield(node: SyntaxNode, frame: Frame): Value {
    for (const child of childrenOf(node).filter(isExpression)) frame.yields.push(this.evaluate(child, frame))
    return unknown('sent')
  }

  // Lists and dictionaries

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

  /** Evaluates items between commas, some of which may be starred. */
  protected evaluateItems(children: readonly SyntaxNode[], frame: Frame): Value {
    const items: Value[] = []
    let rest: Hole | undefined
    let isStarred = false
    for (const child of children) {
      if (child.name === '*') isStarred = true
      if (!isExpression(child)) continue
      const value = this.evaluate(child, frame)
      if (isStarred) {
        const elements = elementsOf(value, this.store)
        items.push(...elements.items)
        rest ??= elements.rest
      } else {
        items.push(value)
      }
      isStarred = false
    }
    return this.newList({ variants: [items], rest })
  }

  private evaluateDictionary(node: SyntaxNode, frame: Frame): Value {
    const entries = new Map<string, Value>()
    let isComplete = true
    let key: Value | undefined
    let isSpread = false
    for (const child of childrenOf(node)) {
      if (child.name === '**') isSpread = true
      if (!isExpression(child)) continue
      const value = this.evaluate(child, frame)
      if (isSpread) {
        const contents = readAsDict(value, this)
        for (const [name, entry] of contents.entries) entries.set(name, entry)
        isComplete &&= contents.isComplete
        isSpread = false
      } else if (key === undefined) {
        key = value
      } else {
        const names = namedBy(key)
        for (const name of names) entries.set(name, value)
        isComplete &&= names.length === key.length
        key = undefined
      }
    }
    return this.newDict({ entries, isComplete })
  }

  /** Goes through a comprehension once for each element that is known, and once for those that are not. */
  private evaluateComprehension(children: readonly SyntaxNode[], isDict: boolean, frame: Frame): Value {
    const first = children.findIndex(({ name }) => name === 'for')
    const results = children.slice(0, first).filter(isExpression)
    const pairs: Value[] = []
    let rest: Hole | undefined
    let rounds = 0
    const clauses = splitClauses(children.slice(first))
    const goThrough = (index: number): void => {
      const clause = clauses[index]
      if (clause === undefined) {
        const values = results.map((result) => this.evaluate(result, frame))
        pairs.push(isDict ? this.newList(listOf(values)) : (values[0] ?? unknown('item')))
        return
      }
      const source = clause.source === undefined ? unknown('item') : this.evaluate(clause.source, frame)
      const elements = elementsOf(source, this.store)
      const known = elements.items.slice(0, MAX_ROUNDS)
      const isAll = elements.rest === undefined && known.length === elements.items.length
      if (!isAll) rest ??= elements.rest ?? { name: 'item' }
      for (const item of isAll && known.length > 0 ? known : [...known, undefined]) {
        if (++rounds > MAX_ROUNDS) rest ??= { name: 'item' }
        if (rounds > MAX_ROUNDS && pairs.length > 0) return
        this.bindTargets(clause.targets, item, frame)
        for (const condition of clause.conditions) this.evaluate(condition, frame)
        goThrough(index + 1)
      }
    }
    this.inOwnScope(() => goThrough(0))
    const list = this.newList({ variants: [pairs], rest })
    return isDict ? this.newDict(readAsDict(list, this)) : list
  }

  /** Runs something whose variables are forgotten afterwards. */
  protected inOwnScope<T>(action: () => T): T {
    const before = this.store
    this.store = before.fork()
    try {
      return action()
    } finally {
      before.absorbContents([this.store])
      this.store = before
    }
  }

  // Assignment

  /** Assigns to the targets of a `for`, where undefined is an element of which nothing is known. */
  protected bindTargets(targets: readonly SyntaxNode[], item: Value | undefined, frame: Frame): void {
    const [only] = targets
    if (only === undefined) return
    if (targets.length === 1) this.assign(only, item ?? unknown(this.nameOf(only)), frame)
    else this.unpack(targets, item ?? unknown('item'), frame)
  }

  protected assign(target: SyntaxNode, value: Value, frame: Frame): void {
    switch (target.name) {
      case 'VariableName':
        this.bind(this.sourceOf(target), value, frame)
        return
      case 'TupleExpression':
      case 'ArrayExpression':
        this.unpack(childrenOf(target).filter(isExpression), value, frame)
        return
      case 'ParenthesizedExpression':
        for (const inner of childrenOf(target).filter(isExpression)) this.assign(inner, value, frame)
        return
      case 'MemberExpression':
        this.assignMember(target, value, frame)
        return
      default:
        if (isExpression(target)) this.evaluate(target, frame)
    }
  }

  /** Assigns the items of a list to targets, of which one may be starred and takes what the others leave. */
  protected unpack(targets: readonly SyntaxNode[], value: Value, frame: Frame): void {
    const { items, rest } = elementsOf(value, this.store)
    const starAt = targets.findIndex((target) => target.prevSibling?.name === '*')
    const taken = starAt < 0 ? 0 : items.length - targets.length + 1
    for (const [index, target] of targets.entries()) {
      const nothing = unknown(this.nameOf(target))
      if (index === starAt) {
        this.assign(target, this.newList({ variants: [items.slice(index, index + taken)], rest }), frame)
      } else {
        const from = starAt >= 0 && index > starAt ? index + taken - 1 : index
        this.assign(target, (rest === undefined ? items[from] : undefined) ?? nothing, frame)
      }
    }
  }

  private assignMember(target: SyntaxNode, value: Value, frame: Frame): void {
    const [object, ...rest] = childrenOf(target)
    if (object === undefined) return
    const property = propertyOf(target, this.text)
    if (property !== undefined) {
      for (const atom of this.evaluate(object, frame)) {
        if (atom.kind === 'instance') this.store.set(attributeKey(atom.of?.id, property), value)
      }
      return
    }
    const container = this.evaluateChangeable(object, frame)
    const [key = unknown('key')] = rest.filter(isExpression).map((index) => this.evaluate(index, frame))
    for (const atom of container) if (atom.kind === 'dict') setEntry(atom.ref, key, value, this)
  }

  protected deleteMember(target: SyntaxNode, frame: Frame): void {
    const [object, ...rest] = childrenOf(target)
    if (object === undefined) return
    const container = this.evaluate(object, frame)
    const keys = rest.filter(isExpression).map((index) => this.evaluate(index, frame))
    for (const atom of container)
      if (atom.kind === 'dict' && keys[0] !== undefined) deleteEntry(atom.ref, keys[0], this)
  }

  /**
   * Evaluates what is about to be changed as a dictionary. What was unknown becomes a dictionary with unknown entries, so
   * that the change can be kept.
   */
  protected evaluateChangeable(node: SyntaxNode, frame: Frame): Value {
    const value = this.evaluate(node, frame)
    if (
      !value.some(({ kind }) => kind === 'unknown') ||
      !(node.name === 'VariableName' || node.name === 'MemberExpression')
    ) {
      return value
    }
    const changed = value.flatMap((atom) =>
      atom.kind === 'unknown' ? this.newDict({ entries: new Map(), isComplete: false }) : [atom],
    )
    this.assign(node, changed, frame)
    return changed
  }

  // Calls

  private evaluateCall(node: SyntaxNode, frame: Frame): Value {
    const [callee, list] = childrenOf(node)
    if (callee === undefined) return unknown('value')
    this.reached.add(node.from)
    const property = propertyOf(callee, this.text)
    const object = callee.firstChild
    if (property === undefined || object === null) {
      if (this.sourceOf(callee) === 'super') return this.superOf(frame)
      const value = this.evaluate(callee, frame)
      return this.callValue(value, this.evaluateArguments(list, frame), node, frame)
    }
    const changes = property === 'update' || property === 'setdefault'
    const receiver = changes ? this.evaluateChangeable(object, frame) : this.evaluate(object, frame)
    return this.callMethod(receiver, property, this.evaluateArguments(list, frame), node, frame)
  }

  private superOf({ definition }: Frame): Value {
    return definition?.owner === undefined ? unknown('super') : [{ kind: 'super', of: definition.owner }]
  }

  protected evaluateArguments(list: SyntaxNode | undefined, frame: Frame): Arguments {
    const positional: Value[] = []
    const keywords = new Map<string, Value>()
    let rest: Hole | undefined
    let mayHaveMoreKeywords = false
    const children = list === undefined ? [] : childrenOf(list)
    if (children.some(({ name }) => name === 'for')) {
      return positionalOnly([this.evaluateComprehension(children, false, frame)])
    }
    for (const [index, child] of children.entries()) {
      const [before, after] = [children[index - 1]?.name, children[index + 1]?.name]
      if (!isExpression(child) || after === 'AssignOp') continue
      const value = this.evaluate(child, frame)
      const keyword = children[index - 2]
      if (before === 'AssignOp' && keyword !== undefined) {
        keywords.set(this.sourceOf(keyword), value)
      } else if (before === '*') {
        const elements = elementsOf(value, this.store)
        if (rest === undefined) positional.push(...elements.items)
        rest ??= elements.rest
      } else if (before === '**') {
        const { entries, isComplete } = readAsDict(value, this)
        for (const [name, entry] of entries) keywords.set(name, entry)
        mayHaveMoreKeywords ||= !isComplete
      } else if (rest === undefined) {
        positional.push(value)
      }
    }
    return { positional, rest, keywords, mayHaveMoreKeywords }
  }

  private callMethod(receiver: Value, method: string, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    const name = this.nameOf(node)
    const results = receiver.map((atom): Value => {
      switch (atom.kind) {
        case 'none':
          return []
        case 'dict':
          return callDictMethod(atom.ref, method, args, name, this)
        case 'list':
          return callListMethod(atom.ref, method, args, name, this)
        case 'json':
          return method === 'encode' ? [atom] : unknown(name)
        case 'text':
        case 'unknown':
          return (
            callTextMethod(receiverTexts([atom], name), method, args, this) ??
            this.callForeign(method, args, node, frame)
          )
        case 'agent':
        case 'agent-method':
        case 'class':
        case 'function':
        case 'instance':
        case 'library':
        case 'super':
          return this.callValue(this.attributeOf([atom], method, frame), args, node, frame)
      }
    })
    return join(results, name)
  }

  call(callee: Value, args: Arguments): Value {
    return join(
      callee.map((atom) => {
        if (atom.kind === 'function')
          return this.invoke(atom.definition, atom.self, args, atom.definition.body.from, undefined)
        const result = atom.kind === 'library' ? callLibrary(atom.path, args, 'item', this) : undefined
        return result ?? unknown('item')
      }),
      'item',
    )
  }

  private callValue(callee: Value, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    const name = this.nameOf(node)
    return join(
      callee.map((atom): Value => {
        switch (atom.kind) {
          case 'function':
            return this.invoke(atom.definition, atom.self, args, node.from, frame)
          case 'class':
            return this.instantiate(atom.of, args)
          case 'agent-method':
            this.record(node.from, atom, args, frame)
            return unknown('response')
          case 'library':
            return this.callOfLibrary(atom.path, args, node, frame)
          case 'agent':
          case 'dict':
          case 'instance':
          case 'json':
          case 'list':
          case 'none':
          case 'super':
          case 'text':
          case 'unknown':
            return this.callForeign(name, args, node, frame)
        }
      }),
      name,
    )
  }

  private callOfLibrary(path: string, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    const [object, attribute] = args.positional
    if (path === 'getattr' && object !== undefined) return this.getAttribute(object, attribute, args, frame)
    if (path === 'type' && args.positional.length === 1 && object !== undefined)
      return this.attributeOf(object, '__class__')
    const functionName = path.slice(path.lastIndexOf('.') + 1)
    if (functionName === 'partial' && object !== undefined && args.positional.length === 1) return object
    const result = callLibrary(path, args, this.nameOf(node), this)
    if (result === undefined) return this.callForeign(functionName, args, node, frame)
    this.callHanded(functionName, args, node, frame)
    return result
  }

  private getAttribute(object: Value, attribute: Value | undefined, args: Arguments, frame: Frame): Value {
    const [fallback] = args.positional.slice(2)
    const found = textsOf(attribute ?? [], 'method').map((text): Value => {
      const [only] = text
      if (text.length === 1 && typeof only === 'string') return this.attributeOf(object, only, frame)
      if (!object.some(({ kind }) => kind === 'agent')) return unknown('attribute')
      return [{ kind: 'agent-method', method: text.find(isHole) ?? { name: 'method' } }]
    })
    return join(fallback === undefined ? found : [...found, fallback], 'attribute')
  }

  /** A function that is not known may call what it is handed, change what it is given, or return it. */
  private callForeign(functionName: string, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    this.callHanded(functionName, args, node, frame)
    if (node.parent?.name === 'ExpressionStatement' && !isHarmless(functionName)) {
      for (const atom of args.positional.flat()) {
        if (atom.kind === 'dict') this.store.setDict(atom.ref, { ...this.store.dict(atom.ref), isComplete: false })
      }
    }
    return passThrough(functionName, args, this) ?? unknown(this.nameOf(node))
  }

  /** `submit(self.agent.get, url)`: the arguments after a function are those that it is called with. */
  private callHanded(functionName: string, args: Arguments, node: SyntaxNode, frame: Frame): void {
    const target = args.keywords.get('target') ?? args.keywords.get('func')
    const values = target === undefined ? args.positional : [target]
    for (const [index, value] of values.entries()) {
      const given =
        target === undefined ? { ...args, positional: args.positional.slice(index + 1) } : this.argumentsOfTarget(args)
      const each = functionName.endsWith('map') ? this.spreadOver(given) : [given]
      for (const atom of value) {
        if (atom.kind === 'agent-method') for (const one of each) this.record(node.from, atom, one, frame, HANDED_ON)
        if (atom.kind !== 'function' || (given.positional.length === 0 && given.keywords.size === 0)) continue
        for (const one of each) this.invoke(atom.definition, atom.self, one, node.from, frame)
      }
    }
  }

  private argumentsOfTarget({ keywords }: Arguments): Arguments {
    const { items, rest } = elementsOf(keywords.get('args') ?? NONE, this.store)
    const { entries, isComplete } = readAsDict(keywords.get('kwargs') ?? NONE, this)
    return { positional: items, rest, keywords: entries, mayHaveMoreKeywords: !isComplete }
  }

  private spreadOver({ positional: [values = []] }: Arguments): Arguments[] {
    const { items, rest } = elementsOf(values, this.store)
    const more: Value[] = rest === undefined ? [] : [[{ kind: 'unknown', hole: rest }]]
    return [...items, ...more].map((item) => positionalOnly([item]))
  }

  private record(at: number, callee: Atom, args: Arguments, frame: Frame, reasonWithoutUrl = 'no URL is given'): void {
    if (this.isSilent || callee.kind !== 'agent-method') return
    const { context } = frame
    const { root, site = at, chain, isGuess } = context
    const isInside = root !== undefined && at >= root.body.from && at < root.body.to
    const place = isInside
      ? { site: at, qualifiedName: frame.scope.qualifiedName }
      : { site, qualifiedName: context.qualifiedName }
    const call = { method: callee.method, ways: callee.ways ?? new Map<number, number>(), args, reasonWithoutUrl }
    for (const request of readRequests(call, this.store)) {
      const found: FoundRequest = { ...request, ...place, at, root, chain, isGuess }
      this.calls.add(found)
    }
  }

  protected nameOf(node: SyntaxNode): string {
    return nameOf(node, this.text)
  }

  protected sourceOf(node: SyntaxNode): string {
    return textOf(node, this.text)
  }
}

/** The clauses of a comprehension. */
interface Clause {
  readonly targets: readonly SyntaxNode[]
  readonly source: SyntaxNode | undefined
  readonly conditions: readonly SyntaxNode[]
}

function splitClauses(children: readonly SyntaxNode[]): Clause[] {
  const clauses: { targets: SyntaxNode[]; source: SyntaxNode | undefined; conditions: SyntaxNode[] }[] = []
  let mode = ''
  for (const child of children) {
    if (child.name === 'for') clauses.push({ targets: [], source: undefined, conditions: [] })
    if (child.name === 'for' || child.name === 'in' || child.name === 'if') mode = child.name
    const clause = clauses.at(-1)
    if (!isExpression(child) || clause === undefined) continue
    if (mode === 'for') clause.targets.push(child)
    else if (mode === 'in' && clause.source === undefined) clause.source = child
    else clause.conditions.push(child)
  }
  return clauses
}

/** The names of tokens are the tokens; those of expressions begin with a capital letter. */
export function isExpression({ name, type, from, to }: SyntaxNode): boolean {
  return type.isError ? from < to : /^[A-Z]/.test(name) && !NO_EXPRESSIONS.has(name)
}

const NO_EXPRESSIONS = new Set([
  'AssignOp',
  'UpdateOp',
  'ArithOp',
  'BitOp',
  'LogicOp',
  'CompareOp',
  'TypeDef',
  'FormatConversion',
  'FormatSelfDoc',
  'PropertyName',
  'Body',
  'Ellipsis',
  'At',
  'Comment',
])

/** What is not known is called after the expression that it is read from. */
function called(value: Value, name: string): Value {
  if (value.every((atom) => atom.kind !== 'unknown' || atom.hole.name === name)) return value
  return value.map((atom) => (atom.kind === 'unknown' ? { kind: 'unknown', hole: { ...atom.hole, name } } : atom))
}

/** The attribute `url` of a client is the origin plus `/api`, or was made from the origin. */
function asApi(atom: Atom): Atom {
  const text = atom.kind === 'unknown' ? [atom.hole] : atom.kind === 'text' ? atom.text : undefined
  const [first, next] = text ?? []
  if (text === undefined || !isHole(first) || first.standsFor !== undefined) return atom
  const standsFor = typeof next === 'string' && next.startsWith('/api') ? 'origin' : 'api'
  return { kind: 'text', text: [{ name: first.name, standsFor }, ...text.slice(1)] }
}
