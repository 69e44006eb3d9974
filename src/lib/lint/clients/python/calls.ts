import type { SyntaxNode } from '@lezer/common'
import type { CollectedCalls } from './collected-calls.js'
import { callDictMethod, callListMethod, readAsDict } from './container-methods.js'
import { elementsOf } from './elements.js'
import { Expressions } from './expressions.js'
import type { Frame } from './frames.js'
import { callLibrary, isHarmless, passThrough } from './library.js'
import { type Arguments, positionalOnly, readRequests } from './requests.js'
import { childrenOf, isExpression, propertyOf } from './syntax.js'
import { type Hole, isHole, literalOf, type Text } from './text.js'
import { callTextMethod } from './text-methods.js'
import {
  type Atom,
  type ClassInfo,
  type Definition,
  join,
  NO_WAYS,
  NONE,
  textsOf,
  unknown,
  type Value,
} from './values.js'

/** Why there is no URL where a method of the agent is an argument of another function. */
const HANDED_ON = 'the method is handed on to another function, and the URL is not seen'

/** Tells what calls return, and collects those of the agent. */
export abstract class Calls extends Expressions {
  /** Where calls were come across. */
  readonly reached = new Set<number>()
  /** True while code is read for what it returns or assigns only. */
  protected isSilent = false

  constructor(
    text: string,
    protected calls: Pick<CollectedCalls, 'add'>,
  ) {
    super(text)
  }

  /**
   * Returns what a function may return.
   *
   * @param at where it is called; the requests that it makes are collected only with a frame to find them from
   */
  protected abstract invoke(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments,
    at: number,
    frame: Frame | undefined,
  ): Value
  protected abstract instantiate(of: ClassInfo, args: Arguments): Value

  protected evaluateCall(node: SyntaxNode, frame: Frame): Value {
    const [callee, list] = childrenOf(node)
    if (callee === undefined) return unknown('value')
    this.reached.add(node.from)
    const method = propertyOf(callee, this.text)
    const object = callee.firstChild
    if (method === undefined || object === null) {
      if (callee.name === 'VariableName' && this.sourceOf(callee) === 'super') return superOf(frame)
      const value = this.evaluate(callee, frame)
      return this.callValue(value, this.evaluateArguments(list, frame), node, frame)
    }
    const changes = method === 'update' || method === 'setdefault'
    const receiver = changes ? this.evaluateChangeable(object, frame) : this.evaluate(object, frame)
    const args = this.evaluateArguments(list, frame)
    return join(receiver.map((atom) => this.callMethod(atom, method, args, node, frame)))
  }

  protected evaluateArguments(list: SyntaxNode | undefined, frame: Frame): Arguments {
    const children = list === undefined ? [] : childrenOf(list)
    if (children.some(({ name }) => name === 'for'))
      return positionalOnly([this.evaluateComprehension(children, frame)])
    const positional: Value[] = []
    const keywords = new Map<string, Value>()
    let rest: Hole | undefined
    let mayHaveMoreKeywords = false
    for (const [index, child] of children.entries()) {
      if (!isExpression(child) || children[index + 1]?.name === 'AssignOp') continue
      const value = this.evaluate(child, frame)
      const [keyword, before] = [children[index - 2], children[index - 1]?.name]
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

  private callMethod(atom: Atom, method: string, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    switch (atom.kind) {
      case 'none':
        return []
      case 'dict':
        return callDictMethod(atom.ref, method, args, this.nameOf(node), this)
      case 'list':
        return callListMethod(atom.ref, method, args, this.nameOf(node), this)
      case 'json':
        return method === 'encode' ? [atom] : unknown('json')
      case 'text':
        return this.callTextMethod(atom.text, method, args, node, frame)
      case 'unknown':
        return this.callTextMethod([atom.hole], method, args, node, frame)
      case 'agent':
      case 'agent-method':
      case 'class':
      case 'function':
      case 'instance':
      case 'library':
      case 'super':
        return this.callValue(this.attributeOf([atom], method), args, node, frame)
    }
  }

  private callTextMethod(text: Text, method: string, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    return callTextMethod(text, method, args, this) ?? this.callForeign(method, args, node, frame)
  }

  call(callee: Value, args: Arguments): Value {
    const name = (): string => 'item'
    return join(
      callee.map((atom): Value => {
        if (atom.kind === 'function') {
          return this.invoke(atom.definition, atom.self, args, atom.definition.body.from, undefined)
        }
        const result = atom.kind === 'library' ? callLibrary(atom.path, args, name, this) : undefined
        return result ?? unknown('item')
      }),
    )
  }

  private callValue(callee: Value, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    return join(callee.map((atom) => this.callAtom(atom, args, node, frame)))
  }

  private callAtom(atom: Atom, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    switch (atom.kind) {
      case 'function':
        return this.invoke(atom.definition, atom.self, args, node.from, frame)
      case 'class':
        return this.instantiate(atom.of, args)
      case 'agent-method':
        this.record(node.from, atom, args, frame, 'no URL is given')
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
        return this.callForeign(this.nameOf(node), args, node, frame)
    }
  }

  private callOfLibrary(path: string, args: Arguments, node: SyntaxNode, frame: Frame): Value {
    const [object] = args.positional
    const functionName = path.slice(path.lastIndexOf('.') + 1)
    if (object !== undefined) {
      if (path === 'getattr') return this.getAttribute(object, args)
      if (path === 'type' && args.positional.length === 1) return this.attributeOf(object, '__class__')
      // Bound to a few keywords, it is called with its other arguments later.
      if (functionName === 'partial' && args.positional.length === 1) return object
    }
    const result = callLibrary(path, args, () => this.nameOf(node), this)
    if (result === undefined) return this.callForeign(functionName, args, node, frame)
    this.callHanded(functionName, args, node, frame)
    return result
  }

  private getAttribute(object: Value, { positional: [, attribute = [], fallback] }: Arguments): Value {
    const found = textsOf(attribute, () => 'method').map((text): Value => {
      const name = literalOf(text)
      if (name !== undefined) return this.attributeOf(object, name)
      if (!object.some(({ kind }) => kind === 'agent')) return unknown('attribute')
      return [{ kind: 'agent-method', method: text.find(isHole) ?? { name: 'method' } }]
    })
    return join(fallback === undefined ? found : [...found, fallback])
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
    if (target !== undefined) this.callHandedOne(target, [this.argumentsOfTarget(args)], node, frame)
    for (const [index, value] of args.positional.entries()) {
      if (!value.some(isCallable)) continue
      const given = { ...args, positional: args.positional.slice(index + 1) }
      this.callHandedOne(value, functionName.endsWith('map') ? this.spreadOver(given) : [given], node, frame)
    }
  }

  private callHandedOne(value: Value, each: readonly Arguments[], node: SyntaxNode, frame: Frame): void {
    for (const given of each) {
      for (const atom of value) {
        if (atom.kind === 'agent-method') this.record(node.from, atom, given, frame, HANDED_ON)
        const isCalled = given.positional.length > 0 || given.keywords.size > 0
        if (atom.kind === 'function' && isCalled) this.invoke(atom.definition, atom.self, given, node.from, frame)
      }
    }
  }

  /** `Thread(target=self.agent.get, args=(url,), kwargs={...})`. */
  private argumentsOfTarget({ keywords }: Arguments): Arguments {
    const { items, rest } = elementsOf(keywords.get('args') ?? NONE, this.store)
    const { entries, isComplete } = readAsDict(keywords.get('kwargs') ?? NONE, this)
    return { positional: items, rest, keywords: entries, mayHaveMoreKeywords: !isComplete }
  }

  /** `map(self.agent.get, urls)`: one call for each item. */
  private spreadOver({ positional: [values = []] }: Arguments): Arguments[] {
    const { items, rest } = elementsOf(values, this.store)
    const more: Value[] = rest === undefined ? [] : [[{ kind: 'unknown', hole: rest }]]
    return [...items, ...more].map((item) => positionalOnly([item]))
  }

  private record(at: number, callee: Atom, args: Arguments, frame: Frame, reasonWithoutUrl: string): void {
    if (this.isSilent || callee.kind !== 'agent-method') return
    const { root, site = at, chain, isGuess, qualifiedName } = frame.context
    const isInRoot = root !== undefined && at >= root.body.from && at < root.body.to
    const place = isInRoot ? { site: at, qualifiedName: frame.scope.qualifiedName } : { site, qualifiedName }
    const call = { method: callee.method, ways: callee.ways ?? NO_WAYS, args, reasonWithoutUrl }
    for (const request of readRequests(call, this.store)) {
      this.calls.add({ ...request, ...place, at, root, chain, isGuess })
    }
  }
}

function superOf({ definition }: Frame): Value {
  return definition?.owner === undefined ? unknown('super') : [{ kind: 'super', of: definition.owner }]
}

const isCallable = ({ kind }: Atom): boolean => kind === 'agent-method' || kind === 'function'
