import type { SyntaxNode } from '@lezer/common'
import type { Frame } from './frames.js'
import { called } from './core.js'
import { contextOf, Functions } from './functions.js'
import { type Arguments, positionalOnly } from './requests.js'
import { attributeKey, variableKey } from './store.js'
import { propertyOf, REQUEST_METHODS } from './syntax.js'
import { type Hole, isHole } from './text.js'
import { type Atom, type ClassInfo, type Definition, join, type Scope, unknown, type Value } from './values.js'

/** How many classes are looked at above and below one class. */
const MAX_CLASSES = 50

/** Tells what the attributes of classes and their instances are. */
export abstract class Members extends Functions {
  private readonly classes = new Map<number, ClassInfo>()
  private readonly heirs = new Map<number, readonly ClassInfo[]>()
  private readonly assigned = new Map<Definition, ReadonlyMap<string, Value>>()

  /** Defines a class, and returns the scope of its body. */
  protected defineClass(name: string, bases: readonly Value[], body: SyntaxNode, frame: Frame): Scope {
    const qualifiedName = qualify(frame.scope, name)
    const scope: Scope = { id: this.newId(), outer: frame.scope, qualifiedName, foreign: undefined }
    const info: ClassInfo = { id: scope.id, qualifiedName, bases, scope, assigners: this.findAssigners(body) }
    this.classes.set(info.id, info)
    for (const base of bases.flat()) {
      if (base.kind === 'class') this.heirs.set(base.of.id, [...(this.heirs.get(base.of.id) ?? []), info])
    }
    this.bind(name, [{ kind: 'class', of: info }], frame)
    return scope
  }

  /** Defines a function or method; undefined for one without name or body. */
  protected defineFunction(node: SyntaxNode, decorators: readonly string[], frame: Frame): Definition | undefined {
    const variable = node.getChild('VariableName')
    const body = node.getChild('Body')
    if (variable === null || body === null) return undefined
    const { scope } = frame
    const name = this.sourceOf(variable)
    const owner = this.classes.get(scope.id)
    const definition: Definition = {
      id: this.newId(),
      name,
      qualifiedName: qualify(scope, name),
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
    return definition
  }

  protected classAt({ id }: Scope): ClassInfo | undefined {
    return this.classes.get(id)
  }

  /** Finds the methods that assign `self.NAME`. */
  private findAssigners(body: SyntaxNode): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>()
    for (let child = body.firstChild; child !== null; child = child.nextSibling) {
      const method = child.name === 'DecoratedStatement' ? child.lastChild : child
      const variable = method?.name === 'FunctionDefinition' ? method.getChild('VariableName') : null
      if (method === null || variable === null) continue
      for (const attribute of this.findAssigned(method)) {
        const methods = found.get(attribute) ?? new Set()
        found.set(attribute, methods.add(this.sourceOf(variable)))
      }
    }
    return found
  }

  private findAssigned(method: SyntaxNode): Set<string> {
    const found = new Set<string>()
    const cursor = method.cursor()
    do {
      if (cursor.name !== 'AssignStatement' && cursor.name !== 'UpdateStatement') continue
      for (const target of cursor.node.getChildren('MemberExpression')) {
        const attribute = propertyOf(target, this.text)
        if (attribute !== undefined && target.firstChild?.name === 'VariableName') found.add(attribute)
      }
    } while (cursor.next() && cursor.from < method.to)
    return found
  }

  attributeOf(value: Value, name: string): Value {
    return join(value.map((atom) => this.attributeOfAtom(atom, name)))
  }

  private attributeOfAtom(atom: Atom, name: string): Value {
    switch (atom.kind) {
      case 'instance':
        return this.attributeOfInstance(atom, atom.of, name)
      case 'super':
        return this.memberOfSuper(atom.of, name)
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

  private memberOf(of: ClassInfo | undefined, self: Atom, name: string): Value {
    if (of === undefined) return unknown(name)
    const line = this.lineOf(of)
    const member = this.findIn(line, name)
    const inherited = member === undefined ? undefined : this.bindMember(member, self)
    const assigned = this.assignedIn(line, name)
    if (assigned?.isAlways === true || (assigned !== undefined && inherited === undefined)) return assigned.value
    if (assigned !== undefined && inherited !== undefined) return join([inherited, assigned.value])
    if (inherited !== undefined && !inherited.every(({ kind }) => kind === 'none')) return inherited
    // A base class may leave it to its subclasses to say.
    const found = this.classesBelow(of).flatMap((one) => this.findIn([one], name) ?? [])
    return found.length > 0 ? this.bindMember(found, self) : (inherited ?? unknown(name))
  }

  /** Returns a class and those it inherits from, in the order in which names are looked up. */
  private lineOf(of: ClassInfo): ClassInfo[] {
    const line = new Set<ClassInfo>()
    const visit = (one: ClassInfo): void => {
      if (line.has(one) || line.size > MAX_CLASSES) return
      line.add(one)
      for (const base of one.bases.flat()) if (base.kind === 'class') visit(base.of)
    }
    visit(of)
    this.spend(line.size)
    return [...line]
  }

  /** Returns the classes that inherit from one, nearest first. */
  private classesBelow(of: ClassInfo): ClassInfo[] {
    const found = new Set<ClassInfo>(this.heirs.get(of.id))
    for (const one of found) {
      for (const heir of this.heirs.get(one.id) ?? []) if (found.size < MAX_CLASSES) found.add(heir)
    }
    this.spend(found.size)
    return [...found]
  }

  private findIn(line: readonly ClassInfo[], name: string): Value | undefined {
    for (const { scope } of line) {
      const found = this.store.get(variableKey(scope.id, name))
      if (found !== undefined) return found
    }
    return undefined
  }

  private bindMember(member: Value, self: Atom): Value {
    return member.flatMap((atom): Value => {
      if (atom.kind !== 'function') return [atom]
      const { definition } = atom
      if (definition.role !== 'property') return [{ ...atom, self }]
      return this.invoke(definition, self, positionalOnly([]), definition.body.from, undefined)
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
    return values.length === 0 ? undefined : { value: join(known.length > 0 ? known : values), isAlways }
  }

  /** Returns what a method leaves in the attributes of its instance. */
  private assignedBy(definition: Definition, owner: ClassInfo): ReadonlyMap<string, Value> {
    const found = new Map<string, Value>()
    const known = this.assigned.get(definition)
    if (known !== undefined || !this.mayCallMore()) return known ?? found
    // While it is being found out nothing is known, so that methods that need one another come to an end.
    this.assigned.set(definition, found)
    const { store: before, isSilent } = this
    this.isSilent = true
    const { exits } = this.enter(definition, { kind: 'instance', of: owner }, undefined, contextOf(definition))
    const after = before.fork()
    after.absorb(exits)
    for (const name of owner.assigners.keys()) {
      const value = after.get(attributeKey(owner.id, name))
      if (value !== undefined) found.set(name, value.map(withoutParameter))
    }
    this.store = before
    this.isSilent = isSilent
    return found
  }

  private memberOfSuper(of: ClassInfo, name: string): Value {
    const [, ...line] = this.lineOf(of)
    const member = this.findIn(line, name)
    return member === undefined ? unknown(name) : this.bindMember(member, { kind: 'instance', of })
  }

  private memberOfClass(of: ClassInfo, name: string): Value {
    const member = this.findIn(this.lineOf(of), name) ?? unknown(name)
    return member.map((atom) => {
      const isOfClass = atom.kind === 'function' && atom.definition.role === 'class-method'
      return isOfClass ? { ...atom, self: { kind: 'instance', of } } : atom
    })
  }

  protected instantiate(of: ClassInfo, args: Arguments): Value {
    const bases = this.lineOf(of).flatMap((one) => one.bases.flat())
    const isDict = bases.some((base) => base.kind === 'library' && /(^|\.)(TypedDict|dict|UserDict)$/.test(base.path))
    if (!isDict) return [{ kind: 'instance', of }]
    const isComplete = args.positional.length === 0 && !args.mayHaveMoreKeywords
    return this.newDict({ entries: args.keywords, isComplete })
  }
}

function qualify({ qualifiedName }: Scope, name: string): string {
  return qualifiedName === '' ? name : `${qualifiedName}.${name}`
}

function roleOf(decorators: readonly string[]): Definition['role'] {
  const names = decorators.map((decorator) => decorator.split('.').at(-1) ?? '')
  if (names.includes('staticmethod')) return 'static-method'
  if (names.includes('classmethod')) return 'class-method'
  return names.some((name) => name === 'property' || name === 'cached_property') ? 'property' : 'method'
}

/** The attribute `url` of a client is the origin plus `/api`, or was made from the origin. */
function asApi(atom: Atom): Atom {
  const text = atom.kind === 'unknown' ? [atom.hole] : atom.kind === 'text' ? atom.text : undefined
  const [first, next] = text ?? []
  if (text === undefined || !isHole(first) || first.standsFor !== undefined) return atom
  const standsFor = typeof next === 'string' && next.startsWith('/api') ? 'origin' : 'api'
  return { kind: 'text', text: [{ name: first.name, standsFor }, ...text.slice(1)] }
}

/** No caller of a method says what another method left behind. */
function withoutParameter(atom: Atom): Atom {
  if (atom.kind === 'unknown') return { ...atom, hole: closed(atom.hole) }
  return atom.kind === 'text' ? { ...atom, text: atom.text.map((part) => (isHole(part) ? closed(part) : part)) } : atom
}

const closed = (hole: Hole): Hole => ({ ...hole, parameterOf: undefined })
