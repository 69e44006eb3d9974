import type { SyntaxNode } from '@lezer/common'
import type { CollectedCalls } from './collected-calls.js'
import { elementsOf } from './elements.js'
import { Evaluator, isExpression } from './evaluator.js'
import type { CallContext, Frame } from './frames.js'
import type { Arguments } from './requests.js'
import { attributeKey, type Store, variableKey } from './store.js'
import { childrenOf, propertyOf } from './syntax.js'
import { type Hole, isHole } from './text.js'
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
/** A loop over more items than this is gone through for all of them at once. */
const MAX_ROUNDS = 16
/** Nodes that may be looked at for one function: some of its own length, and some for the functions that it calls. */
const FUEL_PER_FUNCTION = 20_000
const FUEL_PER_CHARACTER = 20
/** Nodes that may be looked at for a whole file, on top of what its length allows. */
const FUEL_PER_FILE = 2_000_000

/** Goes through the statements of a module, its classes and functions, as Python would, but along every path. */
export class Interpreter extends Evaluator {
  private ids = 0
  private budget = 0
  private isInRounds = false
  private granted = 0
  private readonly pending: Definition[] = []
  private readonly classes: ClassInfo[] = []
  private readonly running: Definition[] = []
  private readonly bodies = new Map<number, SyntaxNode>()
  private readonly namesBound = new Map<number, ReadonlySet<string>>()
  private readonly assigned = new Map<Definition, ReadonlyMap<string, Value>>()

  /** Reads a module and every function in it. */
  run(module: SyntaxNode): void {
    this.budget = FUEL_PER_FILE + this.text.length
    const context = contextOf(undefined)
    const frame = this.newFrame(
      { id: ++this.ids, outer: undefined, qualifiedName: '', foreign: new Map() },
      undefined,
      context,
    )
    this.refuel(module)
    this.execute(module, frame)
    for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift()) {
      this.refuel(next.body)
      this.readAlone(next)
    }
  }

  private refuel({ from, to }: SyntaxNode): void {
    this.budget -= this.granted - Math.max(0, this.fuel)
    this.fuel = Math.min(this.budget, FUEL_PER_FUNCTION + FUEL_PER_CHARACTER * (to - from))
    this.granted = this.fuel
  }

  private newFrame(scope: Scope, definition: Definition | undefined, context: CallContext): Frame {
    return { scope, definition, context, entry: this.store, returns: [], yields: [], exits: [], postponed: [] }
  }

  // Statements

  /** Goes through the statements of a body; false when none of its paths comes to its end. */
  private execute(body: SyntaxNode, frame: Frame): boolean {
    let isOpen = true
    for (const statement of childrenOf(body)) {
      if (!/^[A-Z]/.test(statement.name) && !statement.type.isError) continue
      if (!this.spend(1)) break
      this.nest(() => {
        if (!this.executeOne(statement, frame)) isOpen = false
      })
    }
    return isOpen
  }

  private executeOne(node: SyntaxNode, frame: Frame): boolean {
    switch (node.name) {
      case 'AssignStatement':
        this.executeAssignment(node, frame)
        return true
      case 'UpdateStatement':
        this.executeUpdate(node, frame)
        return true
      case 'ReturnStatement':
        return this.executeReturn(node, frame)
      case 'RaiseStatement':
        this.evaluateAll(node, frame)
        return false
      case 'IfStatement':
        return this.executeIf(node, frame)
      case 'ForStatement':
        this.executeFor(node, frame)
        return true
      case 'WhileStatement':
        this.executeWhile(node, frame)
        return true
      case 'TryStatement':
        return this.executeTry(node, frame)
      case 'WithStatement':
        return this.executeWith(node, frame)
      case 'MatchStatement':
        return this.executeMatch(node, frame)
      case 'FunctionDefinition':
        this.executeDefinition(node, [], frame)
        return true
      case 'ClassDefinition':
        this.executeClass(node, frame)
        return true
      case 'DecoratedStatement':
        this.executeDecorated(node, frame)
        return true
      case 'DeleteStatement':
        for (const target of childrenOf(node)) {
          if (target.name === 'MemberExpression') this.deleteMember(target, frame)
        }
        return true
      case 'ImportStatement':
        this.executeImport(node, frame)
        return true
      case 'ScopeStatement':
        this.executeScope(node, frame)
        return true
      case 'YieldStatement':
        this.evaluateYield(node, frame)
        return true
      case 'StatementGroup':
      case 'Body':
        return this.execute(node, frame)
      case 'PassStatement':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'TypeDefinition':
        return true
      default:
        // Where the text is no Python, statements stand in odd places.
        if (node.type.isError && childrenOf(node).some(({ name }) => name.endsWith('Statement')))
          return this.execute(node, frame)
        this.evaluateAll(node, frame)
        return true
    }
  }

  private evaluateAll(node: SyntaxNode, frame: Frame): void {
    if (!node.name.endsWith('Statement')) this.evaluate(node, frame)
    else for (const child of childrenOf(node)) if (isExpression(child)) this.evaluate(child, frame)
  }

  private executeAssignment(node: SyntaxNode, frame: Frame): void {
    const sides = splitAtOperator(childrenOf(node))
    const source = sides.pop()
    if (source === undefined || sides.length === 0) return
    const [only] = source.filter(isExpression)
    const isTuple = source.some(({ name }) => name === ',' || name === '*')
    const value =
      only === undefined ? unknown('value') : isTuple ? this.evaluateItems(source, frame) : this.evaluate(only, frame)
    for (const side of sides) {
      const targets = side.filter(isExpression)
      const [target] = targets
      if (target === undefined) continue
      if (targets.length === 1 && !side.some(({ name }) => name === ',')) this.assign(target, value, frame)
      else this.unpack(targets, value, frame)
    }
  }

  private executeUpdate(node: SyntaxNode, frame: Frame): void {
    const children = childrenOf(node)
    const operator = children.find(({ name }) => name === 'UpdateOp')
    const [target, source] = children.filter(isExpression)
    if (target === undefined || source === undefined || operator === undefined) return
    const left = { value: this.evaluate(target, frame), name: this.nameOf(target) }
    const right = { value: this.evaluate(source, frame), name: this.nameOf(source) }
    this.assign(target, this.operate(this.sourceOf(operator).slice(0, -1), left, right), frame)
  }

  private executeReturn(node: SyntaxNode, frame: Frame): boolean {
    const children = childrenOf(node).slice(1)
    const [only] = children.filter(isExpression)
    const isTuple = children.some(({ name }) => name === ',' || name === '*')
    frame.returns.push(
      only === undefined ? NONE : isTuple ? this.evaluateItems(children, frame) : this.evaluate(only, frame),
    )
    this.exit(frame)
    return false
  }

  /** Keeps what is known where a function is left. */
  private exit(frame: Frame): void {
    const exit = this.store.flattenOver(frame.entry)
    this.spend(exit.size)
    frame.exits.push(exit)
  }

  private executeIf(node: SyntaxNode, frame: Frame): boolean {
    const branches: (() => boolean)[] = []
    let isExhaustive = false
    for (const child of childrenOf(node)) {
      if (child.name === 'else') isExhaustive = true
      if (child.name === 'Body') branches.push(() => this.execute(child, frame))
      else if (isExpression(child)) this.evaluate(child, frame)
    }
    return this.branch(isExhaustive ? branches : [...branches, () => true])
  }

  /** Goes through each branch from here; false when none of them comes to its end. */
  private branch(branches: readonly (() => boolean)[]): boolean {
    const before = this.store
    const ends: Store[] = []
    const dead: Store[] = []
    for (const run of branches) {
      this.store = before.fork()
      if (run()) ends.push(this.store)
      else dead.push(this.store)
    }
    this.store = before
    before.absorb(ends.length > 0 ? ends : dead, ++this.ids)
    return ends.length > 0
  }

  private executeFor(node: SyntaxNode, frame: Frame): void {
    const children = childrenOf(node)
    const inAt = children.findIndex(({ name }) => name === 'in')
    const targets = children.slice(0, inAt).filter(isExpression)
    const bodyAt = children.findIndex(({ name }) => name === 'Body')
    const sources = children.slice(inAt + 1, bodyAt)
    const [only] = sources.filter(isExpression)
    if (only === undefined) return
    const isTuple = sources.some(({ name }) => name === ',' || name === '*')
    const source = isTuple ? this.evaluateItems(sources, frame) : this.evaluate(only, frame)
    const bodies = children.slice(bodyAt)
    const { items, rest } = elementsOf(source, this.store)
    if (rest === undefined && items.length > 0 && items.length <= MAX_ROUNDS && !this.isInRounds) {
      this.executeRounds(bodies, targets, items, frame)
    } else {
      this.executeLoop(bodies, frame, () => this.bindTargets(targets, this.elementOf(source), frame))
    }
  }

  /** Goes through a loop over a few known items once for each, so that what it builds is known too. */
  private executeRounds(
    bodies: readonly SyntaxNode[],
    targets: readonly SyntaxNode[],
    items: readonly Value[],
    frame: Frame,
  ): void {
    const [body, ...others] = bodies.filter(({ name }) => name === 'Body')
    this.isInRounds = true
    for (const item of items) {
      this.bindTargets(targets, item, frame)
      if (body !== undefined) this.execute(body, frame)
    }
    this.isInRounds = false
    for (const other of others) this.execute(other, frame)
  }

  /** Returns what one element of a list may be; undefined when nothing is known of it. */
  private elementOf(source: Value): Value | undefined {
    const { items, rest } = elementsOf(source, this.store)
    if (items.length === 0) return undefined
    const pairs = items.every((item) => item.length === 1 && item[0]?.kind === 'list')
    const more: Value[] = rest === undefined ? [] : [[{ kind: 'unknown', hole: rest }]]
    if (!pairs) return join([...items, ...more], 'item')
    // Lists of lists, such as the items of a dictionary, are joined column by column.
    const rows = items.map((item) => elementsOf(item, this.store).items)
    const width = Math.max(...rows.map(({ length }) => length))
    const columns = Array.from({ length: width }, (_, index) =>
      join([...rows.flatMap((row) => (row[index] === undefined ? [] : [row[index]])), ...more], 'item'),
    )
    return this.newList({ variants: [columns], rest: undefined })
  }

  private executeWhile(node: SyntaxNode, frame: Frame): void {
    const children = childrenOf(node)
    const bodyAt = children.findIndex(({ name }) => name === 'Body')
    this.executeLoop(children.slice(bodyAt), frame, () => {
      for (const condition of children.slice(0, bodyAt).filter(isExpression)) this.evaluate(condition, frame)
    })
  }

  /** Goes through a loop until nothing new comes of it; what keeps growing is unknown. */
  private executeLoop(bodies: readonly SyntaxNode[], frame: Frame, start: () => void): void {
    const [body, ...others] = bodies.filter(({ name }) => name === 'Body')
    this.inRounds((startRound) => {
      const round = (): Store => {
        const before = this.store
        this.store = before.fork()
        startRound()
        start()
        if (body !== undefined) this.execute(body, frame)
        const after = this.store
        this.store = before
        return after
      }
      const first = round()
      const isRepeated = first.changesWhatWas(this.store)
      this.store.absorb([this.store.fork(), first])
      if (isRepeated && this.store.widen(round())) round()
    })
    for (const other of others) this.execute(other, frame)
  }

  private executeTry(node: SyntaxNode, frame: Frame): boolean {
    const before = this.store
    const parts = {
      try: [] as SyntaxNode[],
      except: [] as SyntaxNode[],
      else: [] as SyntaxNode[],
      finally: [] as SyntaxNode[],
    }
    const handlers: { body: SyntaxNode; variable: SyntaxNode | undefined }[] = []
    let part: keyof typeof parts = 'try'
    let variable: SyntaxNode | undefined
    for (const child of childrenOf(node)) {
      if (child.name === 'try' || child.name === 'except' || child.name === 'else' || child.name === 'finally')
        part = child.name
      if (child.name === 'except') variable = undefined
      if (child.prevSibling?.name === 'as') variable = child
      else if (child.name === 'Body' && part === 'except') handlers.push({ body: child, variable })
      else if (child.name === 'Body') parts[part].push(child)
      else if (isExpression(child)) this.evaluate(child, frame)
    }
    // A handler may be entered after any of the statements.
    const moments = [before.fork()]
    this.store = before.fork()
    let isOpen = true
    for (const body of parts.try) {
      for (const statement of childrenOf(body)) {
        if (!/^[A-Z]/.test(statement.name) || !this.spend(1)) continue
        this.nest(() => {
          if (!this.executeOne(statement, frame)) isOpen = false
        })
        if (handlers.length > 0) moments.push(this.store.flattenOver(before))
        this.spend(this.store.size)
      }
    }
    for (const body of parts.else) if (!this.execute(body, frame)) isOpen = false
    const tried = this.store
    this.store = before
    const interrupted = before.fork()
    interrupted.absorb(moments, ++this.ids)
    const result = this.branchOver([
      { store: tried, run: () => isOpen },
      ...handlers.map(({ body, variable: bound }) => ({
        store: interrupted.fork(),
        run: (): boolean => {
          if (bound !== undefined) this.assign(bound, unknown('error'), frame)
          return this.execute(body, frame)
        },
      })),
    ])
    return parts.finally.every((body) => this.execute(body, frame)) && result
  }

  private branchOver(branches: readonly { store: Store; run: () => boolean }[]): boolean {
    const before = this.store
    const ends: Store[] = []
    for (const { store, run } of branches) {
      this.store = store
      if (run()) ends.push(store)
    }
    this.store = before
    const flat = (ends.length > 0 ? ends : branches.map(({ store }) => store)).map((store) => store.flattenOver(before))
    before.absorb(flat, ++this.ids)
    return ends.length > 0
  }

  private executeWith(node: SyntaxNode, frame: Frame): boolean {
    let value: Value = unknown('context')
    let isOpen = true
    for (const child of childrenOf(node)) {
      if (child.name === 'Body') isOpen = this.execute(child, frame)
      else if (child.prevSibling?.name === 'as') this.assign(child, value, frame)
      else if (isExpression(child)) value = this.evaluate(child, frame)
    }
    return isOpen
  }

  private executeMatch(node: SyntaxNode, frame: Frame): boolean {
    const [subject] = childrenOf(node).filter(isExpression)
    if (subject !== undefined) this.evaluate(subject, frame)
    let isExhaustive = false
    const clauses = node.getChild('MatchBody')?.getChildren('MatchClause') ?? []
    const branches = clauses.map((clause) => {
      const [pattern] = childrenOf(clause).filter(({ name }) => name.endsWith('Pattern'))
      const guard = clause.getChild('Guard')
      isExhaustive ||= pattern?.name === 'CapturePattern' && guard === null
      return (): boolean => {
        if (pattern !== undefined) this.bindCaptures(pattern, frame)
        if (guard !== null) this.evaluate(guard, frame)
        return clause.getChildren('Body').every((body) => this.execute(body, frame))
      }
    })
    return this.branch(isExhaustive ? branches : [...branches, () => true])
  }

  private bindCaptures(pattern: SyntaxNode, frame: Frame): void {
    if (pattern.name === 'CapturePattern') {
      const name = this.sourceOf(pattern)
      if (name !== '_') this.bind(name, unknown(name), frame)
      return
    }
    this.nest(() => {
      for (const child of childrenOf(pattern))
        if (/Pattern|PatternArgList/.test(child.name)) this.bindCaptures(child, frame)
    })
  }

  private executeScope(node: SyntaxNode, { scope }: Frame): void {
    const isGlobal = node.firstChild?.name === 'global'
    for (const variable of node.getChildren('VariableName')) {
      const name = this.sourceOf(variable)
      let owner = scope.outer
      while (owner?.outer !== undefined && (isGlobal || this.store.get(variableKey(owner.id, name)) === undefined))
        owner = owner.outer
      if (owner !== undefined) scope.foreign.set(name, owner)
    }
  }

  /** `import a.b as c`, `from a import (b as c, d)`. */
  private executeImport(node: SyntaxNode, frame: Frame): void {
    const children = childrenOf(node)
    const importAt = children.findIndex(({ name }) => name === 'import')
    const isFrom = children[0]?.name === 'from'
    const module = isFrom
      ? children
          .slice(1, importAt)
          .map((child) => this.sourceOf(child))
          .join('')
      : ''
    let path = ''
    let name = ''
    const bindLast = (): void => {
      if (name !== '') this.bind(name, [{ kind: 'library', path: isFrom ? `${module}.${path}` : path }], frame)
    }
    for (const [index, child] of children.entries()) {
      if (index <= importAt) continue
      if (child.name === ',') {
        bindLast()
        path = name = ''
      } else if (child.name === 'VariableName' && child.prevSibling?.name === 'as') {
        name = this.sourceOf(child)
      } else if (child.name === 'VariableName' || child.name === '.') {
        path += this.sourceOf(child)
        // `import a.b` binds `a`.
        if (path.includes('.')) continue
        name = path
      }
    }
    bindLast()
  }

  // Definitions

  private executeDecorated(node: SyntaxNode, frame: Frame): void {
    const decorators = node.getChildren('Decorator')
    for (const decorator of decorators) this.evaluate(decorator, frame)
    const names = decorators.map(
      (decorator) => this.sourceOf(decorator).replace(/^@\s*/, '').split('(', 1)[0]?.trim() ?? '',
    )
    for (const child of childrenOf(node)) {
      if (child.name === 'FunctionDefinition') this.executeDefinition(child, names, frame)
      if (child.name === 'ClassDefinition') this.executeClass(child, frame)
    }
  }

  private executeDefinition(node: SyntaxNode, decorators: readonly string[], frame: Frame): void {
    const [variable] = node.getChildren('VariableName')
    const body = node.getChild('Body')
    if (variable === undefined || body === null) return
    const name = this.sourceOf(variable)
    const { scope } = frame
    const owner = this.classes.find((one) => one.scope === scope)
    const definition: Definition = {
      id: ++this.ids,
      name,
      qualifiedName: scope.qualifiedName === '' ? name : `${scope.qualifiedName}.${name}`,
      body,
      parameters: this.readParameters(node.getChild('ParamList'), frame),
      // The names of a class are not seen from its methods.
      outer: owner === undefined ? scope : (scope.outer ?? scope),
      role: owner === undefined ? 'function' : roleOf(decorators),
      owner,
      isContextManager: decorators.some((one) => one.endsWith('contextmanager')),
    }
    const isAccessor = decorators.some((one) => /\.(setter|deleter)$/.test(one))
    if (!isAccessor) this.bind(name, [{ kind: 'function', definition, self: undefined }], frame)
    if (frame.definition === undefined) this.pending.push(definition)
    else this.readInside(definition, frame)
  }

  private readParameters(list: SyntaxNode | null, frame: Frame): Parameter[] {
    const parameters: Parameter[] = []
    let stars = ''
    let isKeywordOnly = false
    const children = list === null ? [] : childrenOf(list)
    for (const [index, child] of children.entries()) {
      if (child.name === '*' || child.name === '**') stars = child.name
      if (child.name === ',' && stars === '*') [stars, isKeywordOnly] = ['', true]
      if (child.name !== 'VariableName' || children[index - 1]?.name === 'AssignOp') continue
      const [after, next] = children.slice(index + 1).filter(({ name }) => name !== 'TypeDef')
      const value = after?.name === 'AssignOp' && next !== undefined ? this.evaluate(next, frame) : undefined
      const kind = stars === '' ? 'plain' : stars === '*' ? 'rest' : 'keywords'
      parameters.push({ name: this.sourceOf(child), kind, isKeywordOnly, defaultValue: value })
      if (stars === '*') isKeywordOnly = true
      stars = ''
    }
    return parameters
  }

  protected defineLambda(node: SyntaxNode, frame: Frame): Value {
    const body = childrenOf(node).filter(isExpression).at(-1)
    const list = node.getChild('ParamList')
    if (body === undefined || body.name === 'ParamList') return unknown('lambda')
    const definition: Definition = {
      id: ++this.ids,
      name: 'lambda',
      qualifiedName: frame.scope.qualifiedName,
      body,
      parameters: this.readParameters(list, frame),
      outer: frame.scope,
      role: 'lambda',
      owner: undefined,
      isContextManager: false,
    }
    this.inOwnScope(() => this.enter(definition, undefined, undefined, frame.context))
    return [{ kind: 'function', definition, self: undefined }]
  }

  private executeClass(node: SyntaxNode, frame: Frame): void {
    const [variable] = node.getChildren('VariableName')
    const body = node.getChild('Body')
    if (variable === undefined || body === null) return
    const name = this.sourceOf(variable)
    const list = node.getChild('ArgList')
    const bases = list === null ? [] : this.evaluateArguments(list, frame).positional
    const { qualifiedName: outer } = frame.scope
    const qualifiedName = outer === '' ? name : `${outer}.${name}`
    const scope: Scope = { id: ++this.ids, outer: frame.scope, qualifiedName, foreign: new Map() }
    const info: ClassInfo = { id: scope.id, qualifiedName, bases, scope, assigners: this.findAssigners(body) }
    this.classes.push(info)
    this.bind(name, [{ kind: 'class', of: info }], frame)
    this.execute(body, { ...frame, scope })
  }

  /** Finds the methods that assign `self.NAME`. */
  private findAssigners(body: SyntaxNode): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>()
    const methods = childrenOf(body).map((child) => (child.name === 'DecoratedStatement' ? child.lastChild : child))
    for (const method of methods) {
      if (method?.name !== 'FunctionDefinition') continue
      const [variable] = method.getChildren('VariableName')
      if (variable === undefined) continue
      const cursor = method.cursor()
      do {
        const { name, node } = cursor
        if (name !== 'AssignStatement' && name !== 'UpdateStatement') continue
        for (const target of node.getChildren('MemberExpression')) {
          const attribute = propertyOf(target, this.text)
          if (attribute === undefined || target.firstChild?.name !== 'VariableName') continue
          const methodsOf = found.get(attribute) ?? new Set()
          found.set(attribute, methodsOf.add(this.sourceOf(variable)))
        }
      } while (cursor.next() && cursor.from < method.to)
    }
    return found
  }

  // Calls

  /** Reads a function for the requests that it makes whoever calls it. */
  private readAlone(definition: Definition): void {
    const before = this.store
    this.store = before.fork()
    this.enter(definition, selfOf(definition), undefined, contextOf(definition))
    this.store = before
  }

  /** Reads a function inside of another one, now or, where it needs names that are bound later, at the end of that. */
  private readInside(definition: Definition, frame: Frame): void {
    const kept = this.calls
    const found: Parameters<CollectedCalls['add']>[0][] = []
    this.calls = { add: (request) => found.push(request) }
    const before = this.needsLaterName
    this.needsLaterName = false
    this.readNested(definition, frame)
    this.calls = kept
    if (this.needsLaterName) frame.postponed.push(definition)
    else for (const request of found) this.calls.add(request)
    this.needsLaterName = before
  }

  private readNested(definition: Definition, { context }: Frame): void {
    const { qualifiedName } = definition
    const isAlone = context.chain.length === 0
    this.inOwnScope(() => {
      this.enter(
        definition,
        selfOf(definition),
        undefined,
        isAlone ? { ...context, root: definition, qualifiedName } : context,
      )
    })
  }

  protected invoke(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments,
    at: number,
    frame: Frame | undefined,
  ): Value {
    if (this.running.includes(definition) || this.running.length >= MAX_CALLS) return unknown(definition.name)
    const caller = frame?.context ?? contextOf(undefined)
    const context = { ...caller, site: caller.site ?? at, chain: [...caller.chain, definition] }
    const wasSilent = this.isSilent
    // Without a frame nobody knows where the call is.
    this.isSilent ||= frame === undefined
    try {
      return this.inOwnScope(() => this.enter(definition, self, args, context))
    } finally {
      this.isSilent = wasSilent
    }
  }

  /**
   * Goes through the body of a function.
   *
   * @param args undefined when any caller is meant
   */
  private enter(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments | undefined,
    context: CallContext,
  ): Value {
    const { body, qualifiedName, outer } = definition
    const entry = this.store
    const scope: Scope = { id: ++this.ids, outer, qualifiedName, foreign: new Map() }
    const frame = this.newFrame(scope, definition, context)
    this.bodies.set(scope.id, body)
    this.store = entry.fork()
    this.running.push(definition)
    this.bindParameters(definition, self, args, frame)
    let value: Value = unknown(definition.name)
    this.nest(() => {
      value = this.goThrough(definition, frame)
    })
    this.running.pop()
    this.bodies.delete(scope.id)
    this.store = entry
    entry.absorb(frame.exits)
    return value
  }

  private goThrough(definition: Definition, frame: Frame): Value {
    if (definition.role === 'lambda') {
      const value = this.evaluate(definition.body, frame)
      this.exit(frame)
      return value
    }
    if (this.execute(definition.body, frame)) {
      if (frame.returns.length === 0 || frame.exits.length > 0) frame.returns.push(NONE)
      this.exit(frame)
    }
    if (frame.exits.length === 0) this.exit(frame)
    if (frame.postponed.length > 0) this.store.absorb(frame.exits)
    const late = { ...frame, context: { ...frame.context, isGuess: true } }
    for (const nested of frame.postponed) this.readNested(nested, late)
    if (frame.yields.length === 0) return join(frame.returns, definition.name)
    return definition.isContextManager
      ? join(frame.yields, definition.name)
      : this.newList({ variants: [frame.yields], rest: undefined })
  }

  private bindParameters(
    definition: Definition,
    self: Atom | undefined,
    args: Arguments | undefined,
    frame: Frame,
  ): void {
    const isBound = self !== undefined && definition.role !== 'static-method' && definition.role !== 'function'
    const given = isBound && args !== undefined ? { ...args, positional: [[self], ...args.positional] } : args
    const used = new Set<string>()
    let next = 0
    for (const [index, parameter] of definition.parameters.entries()) {
      const { name } = parameter
      const open: Value = [{ kind: 'unknown', hole: { name, parameterOf: definition.id, ...defaultOf(parameter) } }]
      // A function outside of a class may be meant as a method: its name says so.
      const isSelf = index === 0 && (isBound || (name === 'self' && definition.role === 'function'))
      if (parameter.kind === 'rest') {
        const rest = given === undefined ? { name, parameterOf: definition.id } : given.rest
        const items = given?.positional.slice(next) ?? []
        this.bind(name, this.newList({ variants: [items], rest }), frame)
      } else if (parameter.kind === 'keywords') {
        const entries = [...(given?.keywords ?? [])].filter(([keyword]) => !used.has(keyword))
        const isComplete = given !== undefined && !given.mayHaveMoreKeywords
        this.bind(name, this.newDict({ entries: new Map(entries), isComplete }), frame)
      } else if (given === undefined) {
        this.bind(name, isSelf ? [self ?? { kind: 'instance', of: undefined }] : open, frame)
      } else {
        const value = given.keywords.get(name) ?? (parameter.isKeywordOnly ? undefined : given.positional[next++])
        used.add(name)
        const mayBeGiven = given.mayHaveMoreKeywords || given.rest !== undefined
        const fallback = parameter.defaultValue ?? unknown(name)
        this.bind(name, value ?? (mayBeGiven ? unknown(name) : fallback), frame)
      }
    }
  }

  protected instantiate(of: ClassInfo, args: Arguments): Value {
    const bases = this.lineOf(of).flatMap((one) => one.bases.flat())
    const isDict = bases.some((base) => base.kind === 'library' && /(^|\.)(TypedDict|dict|UserDict)$/.test(base.path))
    if (!isDict) return [{ kind: 'instance', of }]
    return this.newDict({
      entries: args.keywords,
      isComplete: args.positional.length === 0 && !args.mayHaveMoreKeywords,
    })
  }

  // Members

  /** Returns a class and those it inherits from, in the order in which names are looked up. */
  private lineOf(of: ClassInfo): ClassInfo[] {
    const line = new Set<ClassInfo>()
    const visit = (one: ClassInfo): void => {
      if (line.has(one) || line.size > 50) return
      line.add(one)
      for (const base of one.bases.flat()) if (base.kind === 'class') visit(base.of)
    }
    visit(of)
    return [...line]
  }

  private findIn(line: readonly ClassInfo[], name: string): Value | undefined {
    for (const { scope } of line) {
      const found = this.store.get(variableKey(scope.id, name))
      if (found !== undefined) return found
    }
    return undefined
  }

  protected memberOf(of: ClassInfo | undefined, self: Atom, name: string): Value {
    if (of === undefined) return unknown(name)
    const line = this.lineOf(of)
    const member = this.findIn(line, name)
    const assigned = this.assignedIn(line, name)
    const inherited = member === undefined ? undefined : this.bindMember(member, self)
    if (assigned !== undefined)
      return assigned.isAlways || inherited === undefined ? assigned.value : join([inherited, assigned.value], name)
    if (inherited !== undefined && !inherited.every(({ kind }) => kind === 'none')) return inherited
    // A base class may leave it to its subclasses to say.
    const below = this.classes.filter((one) => one !== of && this.lineOf(one).includes(of))
    const found = below.flatMap((one) => this.findIn([one], name) ?? [])
    return found.length > 0 ? this.bindMember(found, self) : (inherited ?? unknown(name))
  }

  private bindMember(member: Value, self: Atom): Value {
    return member.flatMap((atom): Value => {
      if (atom.kind !== 'function') return [atom]
      const { definition } = atom
      if (definition.role === 'property')
        return this.invoke(definition, self, NO_ARGUMENTS, definition.body.from, undefined)
      return [{ ...atom, self }]
    })
  }

  /** Returns what the methods of a class assign to an attribute; `isAlways` when the constructor is one of them. */
  private assignedIn(line: readonly ClassInfo[], name: string): { value: Value; isAlways: boolean } | undefined {
    const values: Value[] = []
    let isAlways = false
    for (const owner of line) {
      for (const method of owner.assigners.get(name) ?? []) {
        for (const atom of this.store.get(variableKey(owner.scope.id, method)) ?? []) {
          const value = atom.kind === 'function' ? this.assignedBy(atom.definition, owner).get(name) : undefined
          if (value === undefined) continue
          values.push(value)
          isAlways ||= method === '__init__'
        }
      }
    }
    const known = values.filter((value) => !value.every(({ kind }) => kind === 'none'))
    return values.length === 0 ? undefined : { value: join(known.length > 0 ? known : values, name), isAlways }
  }

  /** Returns what a method leaves in the attributes of its instance. */
  private assignedBy(definition: Definition, owner: ClassInfo): ReadonlyMap<string, Value> {
    const known = this.assigned.get(definition)
    if (known !== undefined || this.running.length >= MAX_CALLS) return known ?? new Map<string, Value>()
    const found = new Map<string, Value>()
    // While it is being found out nothing is known, so that methods that need one another come to an end.
    this.assigned.set(definition, found)
    const before = this.store
    const wasSilent = this.isSilent
    this.isSilent = true
    this.store = before.fork()
    this.enter(definition, { kind: 'instance', of: owner }, undefined, contextOf(definition))
    for (const name of owner.assigners.keys()) {
      const value = this.store.get(attributeKey(owner.id, name))
      if (value !== undefined) found.set(name, value.map(withoutParameter))
    }
    this.store = before
    this.isSilent = wasSilent
    return found
  }

  protected memberOfSuper(of: ClassInfo, name: string, frame: Frame | undefined): Value {
    const [, ...line] = this.lineOf(of)
    const member = this.findIn(line, name)
    const self = frame?.definition?.owner
    return member === undefined ? unknown(name) : this.bindMember(member, { kind: 'instance', of: self ?? of })
  }

  protected memberOfClass(of: ClassInfo, name: string): Value {
    const member = this.findIn(this.lineOf(of), name) ?? unknown(name)
    return member.map((atom) =>
      atom.kind === 'function' && atom.definition.role === 'class-method'
        ? { ...atom, self: { kind: 'instance', of } }
        : atom,
    )
  }

  protected mayBindLater(scope: Scope, name: string): boolean {
    const body = this.bodies.get(scope.id)
    if (body === undefined) return false
    const known = this.namesBound.get(body.from) ?? this.findBoundNames(body)
    this.namesBound.set(body.from, known)
    return known.has(name)
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

const NO_ARGUMENTS: Arguments = { positional: [], rest: undefined, keywords: new Map(), mayHaveMoreKeywords: false }

/** The context of code that is read on its own. */
function contextOf(root: Definition | undefined): CallContext {
  return { root, qualifiedName: root?.qualifiedName ?? '', site: undefined, chain: [], isGuess: false }
}

function selfOf({ owner }: Definition): Atom | undefined {
  return owner === undefined ? undefined : { kind: 'instance', of: owner }
}

function roleOf(decorators: readonly string[]): Definition['role'] {
  const names = decorators.map((decorator) => decorator.split('.').at(-1) ?? '')
  if (names.includes('staticmethod')) return 'static-method'
  if (names.includes('classmethod')) return 'class-method'
  return names.some((name) => name === 'property' || name === 'cached_property') ? 'property' : 'method'
}

function defaultOf({ defaultValue }: Parameter): { defaultText?: string } {
  const [text] = literalsOf(defaultValue ?? [])
  return text === undefined ? {} : { defaultText: text }
}

function withoutParameter(atom: Atom): Atom {
  if (atom.kind === 'unknown') return { kind: 'unknown', hole: closed(atom.hole) }
  return atom.kind === 'text' ? { ...atom, text: atom.text.map((part) => (isHole(part) ? closed(part) : part)) } : atom
}

function closed(hole: Hole): Hole {
  return Object.fromEntries(Object.entries(hole).filter(([key]) => key !== 'parameterOf')) as unknown as Hole
}

/** Splits an assignment at each `=`, without what is said of types. */
function splitAtOperator(children: readonly SyntaxNode[]): SyntaxNode[][] {
  const sides: SyntaxNode[][] = [[]]
  for (const child of children) {
    if (child.name === 'AssignOp') sides.push([])
    else if (child.name !== 'TypeDef') sides.at(-1)?.push(child)
  }
  return sides
}
