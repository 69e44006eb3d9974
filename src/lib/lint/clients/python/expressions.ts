import type { SyntaxNode } from '@lezer/common'
import { combine, type Operand } from './combine.js'
import { deleteEntry, getEntry, readAsDict, setEntry } from './container-methods.js'
import { called, Core } from './core.js'
import { elementsOf } from './elements.js'
import type { Frame } from './frames.js'
import { joinPath } from './library.js'
import { readString, unescape, wrappingOf } from './literals.js'
import { listOf } from './machine.js'
import { attributeKey } from './store.js'
import { childrenOf, isExpression, propertyOf } from './syntax.js'
import type { Hole } from './text.js'
import { formatPercent } from './text-methods.js'
import { type Atom, join, literal, literalsOf, NONE, textsOf, unknown, type Value } from './values.js'

/** How many elements a comprehension is gone through for. */
const MAX_ROUNDS = 200

const TEXT = (): string => 'text'

/** Tells what expressions may be, except for calls and attributes, and assigns to them. */
export abstract class Expressions extends Core {
  protected abstract evaluateCall(node: SyntaxNode, frame: Frame): Value
  protected abstract defineLambda(node: SyntaxNode, frame: Frame): Value

  protected dispatch(node: SyntaxNode, frame: Frame): Value {
    switch (node.name) {
      case 'String':
        return literal(readString(this.sourceOf(node)))
      case 'ContinuedString':
        return combine(childrenOf(node).map((child) => ({ value: this.evaluate(child, frame), name: TEXT })))
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
        return this.evaluateItems(childrenOf(node), frame)
      case 'ArrayComprehensionExpression':
      case 'SetComprehensionExpression':
      case 'ComprehensionExpression':
        return this.evaluateComprehension(childrenOf(node), frame)
      case 'DictionaryComprehensionExpression':
        return this.newDict(readAsDict(this.evaluateComprehension(childrenOf(node), frame), this))
      case 'DictionaryExpression':
        return this.evaluateDictionary(node, frame)
      default:
        this.evaluateParts(node, frame)
        return unknown(this.nameOf(node))
    }
  }

  /** Evaluates what stands in a node, for the requests that it makes. */
  protected evaluateParts(node: SyntaxNode, frame: Frame): void {
    for (const child of childrenOf(node)) if (isExpression(child)) this.evaluate(child, frame)
  }

  // Names and parts of things

  private evaluateMember(node: SyntaxNode, frame: Frame): Value {
    const [object, ...rest] = childrenOf(node)
    if (object === undefined) return unknown('value')
    const value = this.evaluate(object, frame)
    const property = propertyOf(node, this.text)
    if (property !== undefined) {
      const found = this.attributeOf(value, property)
      return found.some(isNameless) ? called(found, this.nameOf(node)) : found
    }
    const indices = rest.filter(isExpression).map((index) => this.evaluate(index, frame))
    const [index] = indices
    const name = this.nameOf(node)
    if (index === undefined || indices.length > 1 || rest.some((child) => child.name === ':')) return unknown(name)
    return join(value.map((atom) => this.entryOf(atom, index, name)))
  }

  private entryOf(atom: Atom, index: Value, name: string): Value {
    if (atom.kind === 'dict') return getEntry(atom.ref, index, name, this)
    if (atom.kind !== 'list') return unknown(name)
    const { variants, rest } = this.store.list(atom.ref)
    const [position] = literalsOf(index)
    const found = variants.flatMap((items) => {
      const item = position === undefined ? undefined : items.at(Number(position))
      return position === undefined ? items : item === undefined ? [] : [item]
    })
    return found.length === 0 || (rest !== undefined && position === undefined) ? unknown(name) : join(found)
  }

  // Texts and operators

  private evaluateFormatString(node: SyntaxNode, frame: Frame): Value {
    const source = this.sourceOf(node)
    const { isRaw, start, end } = wrappingOf(source)
    const operands: Operand[] = []
    let from = start
    const readUntil = (to: number): void => {
      const piece = source.slice(from, to)
      const text = (isRaw ? piece : unescape(piece)).replaceAll('{{', '{').replaceAll('}}', '}')
      if (text !== '') operands.push({ value: literal(text), name: TEXT })
    }
    for (const child of childrenOf(node)) {
      if (child.name !== 'FormatReplacement') continue
      readUntil(child.from - node.from)
      const [expression, ...specification] = childrenOf(child).filter(isExpression)
      if (expression !== undefined) {
        operands.push({ value: this.evaluate(expression, frame), name: () => this.nameOf(expression) })
      }
      for (const part of specification) this.evaluate(part, frame)
      from = child.to - node.from
    }
    readUntil(source.length - end)
    return combine(operands)
  }

  /** Chains of operators lean to the left, and may be any length. */
  private evaluateBinary(node: SyntaxNode, frame: Frame): Value {
    const chain: SyntaxNode[] = []
    let first = node
    for (let next: SyntaxNode | null = node; next?.name === 'BinaryExpression'; next = next.firstChild) {
      chain.push(next)
      first = next.firstChild ?? next
    }
    const name = (): string => this.nameOf(first)
    let value = first === node ? unknown('value') : this.evaluate(first, frame)
    for (const step of chain.reverse()) {
      const [, operator, ...rest] = childrenOf(step)
      const right = rest.filter(isExpression).at(-1)
      if (operator === undefined || right === undefined || !this.spend(1)) continue
      const other = { value: this.evaluate(right, frame), name: (): string => this.nameOf(right) }
      value = this.operate(this.sourceOf(operator), { value, name }, other)
    }
    return value
  }

  protected operate(operator: string, left: Operand, right: Operand): Value {
    const both = [...left.value, ...right.value]
    const isNumeric = both.some((atom) => atom.kind === 'text' && atom.isNumber === true)
    switch (operator) {
      case '+':
        if (both.some(({ kind }) => kind === 'list')) return this.concatenateLists(left.value, right.value)
        return isNumeric ? unknown(left.name()) : combine([left, right])
      case '%':
        if (!left.value.some((atom) => atom.kind === 'text' && atom.isNumber !== true)) return unknown(left.name())
        return formatPercent(textsOf(left.value, left.name), right, this)
      case '/':
        return isNumeric ? unknown(left.name()) : joinPath([left, right])
      case '|': {
        if (!both.some(({ kind }) => kind === 'dict')) return unknown(left.name())
        const [before, after] = [readAsDict(left.value, this), readAsDict(right.value, this)]
        const entries = new Map([...before.entries, ...after.entries])
        return this.newDict({ entries, isComplete: before.isComplete && after.isComplete })
      }
      case 'or': {
        const given = left.value.filter(({ kind }) => kind !== 'none')
        return given.length === 0 ? right.value : join([given, right.value])
      }
      case 'and':
        return right.value
      default:
        return unknown(left.name())
    }
  }

  private concatenateLists(left: Value, right: Value): Value {
    const [before, after] = [elementsOf(left, this.store), elementsOf(right, this.store)]
    return this.newList({ variants: [[...before.items, ...after.items]], rest: before.rest ?? after.rest })
  }

  private evaluateConditional(node: SyntaxNode, frame: Frame): Value {
    const [then, condition, otherwise] = childrenOf(node).filter(isExpression)
    if (condition !== undefined) this.evaluate(condition, frame)
    return join([then, otherwise].flatMap((branch) => (branch === undefined ? [] : [this.evaluate(branch, frame)])))
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
    for (const child of childrenOf(node)) if (isExpression(child)) frame.yields.push(this.evaluate(child, frame))
    return unknown('sent')
  }

  // Lists and dictionaries

  /** Evaluates items between commas, some of which may be starred. */
  protected evaluateItems(children: readonly SyntaxNode[], frame: Frame): Value {
    const items: Value[] = []
    let rest: Hole | undefined
    for (const child of children) {
      if (!isExpression(child)) continue
      const value = this.evaluate(child, frame)
      if (child.prevSibling?.name === '*') {
        const elements = elementsOf(value, this.store)
        items.push(...elements.items)
        rest ??= elements.rest
      } else {
        items.push(value)
      }
    }
    return this.newList({ variants: [items], rest })
  }

  private evaluateDictionary(node: SyntaxNode, frame: Frame): Value {
    const entries = new Map<string, Value>()
    let isComplete = true
    let key: Value | undefined
    for (const child of childrenOf(node)) {
      if (!isExpression(child)) continue
      const value = this.evaluate(child, frame)
      if (child.prevSibling?.name === '**') {
        const contents = readAsDict(value, this)
        for (const [name, entry] of contents.entries) entries.set(name, entry)
        isComplete &&= contents.isComplete
      } else if (key === undefined) {
        key = value
      } else {
        const names = literalsOf(key)
        for (const name of names) entries.set(name, value)
        isComplete &&= names.length === key.length
        key = undefined
      }
    }
    return this.newDict({ entries, isComplete })
  }

  /**
   * Goes through a comprehension once for each element that is known, and once for those that are not. That of a
   * dictionary is a list of pairs.
   */
  protected evaluateComprehension(children: readonly SyntaxNode[], frame: Frame): Value {
    const first = children.findIndex(({ name }) => name === 'for')
    const results = children.slice(0, first).filter(isExpression)
    const clauses = splitClauses(children.slice(first))
    const found: Value[] = []
    let rest: Hole | undefined
    let rounds = 0
    const goThrough = (index: number): void => {
      const clause = clauses[index]
      if (clause === undefined) {
        const values = results.map((result) => this.evaluate(result, frame))
        found.push(values.length > 1 ? this.newList(listOf(values)) : (values[0] ?? unknown('item')))
        return
      }
      const source = clause.source === undefined ? unknown('item') : this.evaluate(clause.source, frame)
      const elements = elementsOf(source, this.store)
      rest ??= elements.rest
      const items =
        elements.items.length > 0 && elements.rest === undefined ? elements.items : [...elements.items, undefined]
      for (const item of items) {
        if (++rounds > MAX_ROUNDS) rest ??= { name: 'item' }
        if (rounds > MAX_ROUNDS && found.length > 0) return
        this.bindTargets(clause.targets, item, frame)
        for (const condition of clause.conditions) this.evaluate(condition, frame)
        goThrough(index + 1)
      }
    }
    return this.inOwnScope(() => {
      goThrough(0)
      return this.newList({ variants: [found], rest })
    })
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
      if (index === starAt) {
        this.assign(target, this.newList({ variants: [items.slice(index, index + taken)], rest }), frame)
      } else {
        const item = items[starAt >= 0 && index > starAt ? index + taken - 1 : index]
        this.assign(target, rest === undefined && item !== undefined ? item : unknown(this.nameOf(target)), frame)
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
    const [key] = rest.filter(isExpression).map((index) => this.evaluate(index, frame))
    for (const atom of container) if (atom.kind === 'dict' && key !== undefined) deleteEntry(atom.ref, key, this)
  }

  /**
   * Evaluates what is about to be changed as a dictionary. What was unknown becomes a dictionary with unknown entries, so
   * that the change can be kept.
   */
  protected evaluateChangeable(node: SyntaxNode, frame: Frame): Value {
    const value = this.evaluate(node, frame)
    const canBeKept = node.name === 'VariableName' || node.name === 'MemberExpression'
    if (!canBeKept || !value.some(({ kind }) => kind === 'unknown')) return value
    const changed = value.flatMap((atom) =>
      atom.kind === 'unknown' ? this.newDict({ entries: new Map(), isComplete: false }) : [atom],
    )
    this.assign(node, changed, frame)
    return changed
  }
}

/** Parameters keep their names; what else is not known is called after the whole expression. */
function isNameless(atom: Atom): boolean {
  return atom.kind === 'unknown' && atom.hole.parameterOf === undefined
}

/** One `for` of a comprehension. */
interface Clause {
  readonly targets: SyntaxNode[]
  source: SyntaxNode | undefined
  readonly conditions: SyntaxNode[]
}

function splitClauses(children: readonly SyntaxNode[]): readonly Clause[] {
  const clauses: Clause[] = []
  let part = ''
  for (const child of children) {
    if (child.name === 'for') clauses.push({ targets: [], source: undefined, conditions: [] })
    if (child.name === 'for' || child.name === 'in' || child.name === 'if') part = child.name
    const clause = clauses.at(-1)
    if (!isExpression(child) || clause === undefined) continue
    if (part === 'for') clause.targets.push(child)
    else if (part === 'in' && clause.source === undefined) clause.source = child
    else clause.conditions.push(child)
  }
  return clauses
}
