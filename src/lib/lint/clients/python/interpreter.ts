import type { SyntaxNode } from '@lezer/common'
import { elementsOf } from './elements.js'
import type { Frame } from './frames.js'
import { contextOf } from './functions.js'
import { Members } from './members.js'
import { type Store, variableKey } from './store.js'
import { childrenOf, isExpression } from './syntax.js'
import { type Definition, join, NONE, type Scope, unknown, type Value } from './values.js'

/** A loop over more items than this is gone through for all of them at once. */
const MAX_ROUNDS = 16
/** Nodes that may be looked at for one function: some of its own length, and some for the functions that it calls. */
const FUEL_PER_FUNCTION = 5_000
const FUEL_PER_CHARACTER = 10
/** Nodes that may be looked at for a whole file, on top of what its length allows. */
const FUEL_PER_FILE = 500_000

/** Goes through the statements of a module, its classes and functions, as Python would, but along every path. */
export class Interpreter extends Members {
  private budget = 0
  private granted = 0
  private isInRounds = false
  private readonly pending: Definition[] = []

  /** Reads a module and every function in it. */
  run(module: SyntaxNode): void {
    this.budget = FUEL_PER_FILE + this.text.length / 2
    const scope: Scope = { id: this.newId(), outer: undefined, qualifiedName: '', foreign: undefined }
    this.refuel(module)
    this.execute(module, this.newFrame(scope, undefined, contextOf(undefined)))
    for (const definition of this.pending) {
      this.refuel(definition.body)
      this.readAlone(definition)
    }
  }

  private refuel({ from, to }: SyntaxNode): void {
    this.budget -= this.granted - Math.max(0, this.fuel)
    this.fuel = Math.min(this.budget, FUEL_PER_FUNCTION + FUEL_PER_CHARACTER * (to - from))
    this.granted = Math.max(0, this.fuel)
  }

  // Statements

  /** Goes through the statements of a body; false when none of its paths comes to its end. */
  protected execute(body: SyntaxNode, frame: Frame): boolean {
    let isOpen = true
    for (const statement of childrenOf(body)) {
      if (!isStatement(statement) && !isExpression(statement)) continue
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
        this.evaluateParts(node, frame)
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
        if (node.type.isError && childrenOf(node).some(isStatement)) return this.execute(node, frame)
        if (isStatement(node)) this.evaluateParts(node, frame)
        else this.evaluate(node, frame)
        return true
    }
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
    const left = { value: this.evaluate(target, frame), name: (): string => this.nameOf(target) }
    const right = { value: this.evaluate(source, frame), name: (): string => this.nameOf(source) }
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
    before.absorb(ends.length > 0 ? ends : dead, this.newId())
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
    if (!pairs) return join([...items, ...more])
    // Lists of lists, such as the items of a dictionary, are joined column by column.
    const rows = items.map((item) => elementsOf(item, this.store).items)
    const width = Math.max(...rows.map(({ length }) => length))
    const columns = Array.from({ length: width }, (_, index) =>
      join([...rows.flatMap((row) => (row[index] === undefined ? [] : [row[index]])), ...more]),
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
        if (!(isStatement(statement) || isExpression(statement)) || !this.spend(1)) continue
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
    interrupted.absorb(moments, this.newId())
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
    before.absorb(flat, this.newId())
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
      if (owner === undefined) continue
      scope.foreign ??= new Map()
      scope.foreign.set(name, owner)
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
    const definition = this.defineFunction(node, decorators, frame)
    if (definition === undefined) return
    if (frame.definition === undefined) this.pending.push(definition)
    else this.readInside(definition, frame)
  }

  private executeClass(node: SyntaxNode, frame: Frame): void {
    const variable = node.getChild('VariableName')
    const body = node.getChild('Body')
    const list = node.getChild('ArgList')
    const bases = list === null ? [] : this.evaluateArguments(list, frame).positional
    if (variable === null || body === null) return
    this.execute(body, { ...frame, scope: this.defineClass(this.sourceOf(variable), bases, body, frame) })
  }
}

const isStatement = ({ name }: SyntaxNode): boolean => /(Statement|Definition|Group|Body)$/.test(name)

/** Splits an assignment at each `=`, without what is said of types. */
function splitAtOperator(children: readonly SyntaxNode[]): SyntaxNode[][] {
  const sides: SyntaxNode[][] = [[]]
  for (const child of children) {
    if (child.name === 'AssignOp') sides.push([])
    else if (child.name !== 'TypeDef') sides.at(-1)?.push(child)
  }
  return sides
}
