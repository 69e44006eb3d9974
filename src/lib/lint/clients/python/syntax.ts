import type { SyntaxNode, Tree } from '@lezer/common'

/** Methods of the agent that make a request. */
export const REQUEST_METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete', 'head'])

/** Returns the children of a node, without comments. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment') children.push(child)
  }
  return children
}

/** Nodes that begin with a capital letter, as expressions do, and are none. */
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

/** True for what can be evaluated. The names of tokens are the tokens; those of expressions begin with a capital letter. */
export function isExpression({ name, type, from, to }: SyntaxNode): boolean {
  if (type.isError) return from < to
  const first = name.charCodeAt(0)
  return first >= 65 && first <= 90 && !NO_EXPRESSIONS.has(name)
}

/** What one pass over the tree finds. */
export interface Survey {
  /** Calls of `self.agent.METHOD(...)`, whatever stands around them. */
  readonly requests: readonly { readonly at: number; readonly method: string }[]
  /** Where the text is no Python that the parser understands. */
  readonly errors: readonly number[]
}

/** Goes over the whole tree once, without recursion. */
export function survey(tree: Tree, text: string): Survey {
  const requests: { at: number; method: string }[] = []
  const errors: number[] = []
  const cursor = tree.cursor()
  do {
    if (cursor.type.isError) {
      if (!isGapOfParser(cursor.node, text)) errors.push(cursor.from)
    } else if (cursor.name === 'CallExpression') {
      const method = requestMethodOf(cursor.node, text)
      if (method !== undefined) requests.push({ at: cursor.from, method })
    }
  } while (cursor.next())
  return { requests, errors }
}

/** Returns `GET` for `self.agent.get(...)`; undefined for any other call. */
function requestMethodOf(call: SyntaxNode, text: string): string | undefined {
  const callee = call.firstChild
  const method = propertyOf(callee, text)
  if (method === undefined || !REQUEST_METHODS.has(method)) return undefined
  const agent = callee?.firstChild
  const self = agent?.firstChild
  const isAgent = self?.name === 'VariableName' && textOf(self, text) === 'self' && propertyOf(agent, text) === 'agent'
  return isAgent ? method.toUpperCase() : undefined
}

/** Returns `b` for `a.b`; undefined for anything else. */
export function propertyOf(node: SyntaxNode | null | undefined, text: string): string | undefined {
  const property = node?.name === 'MemberExpression' ? node.lastChild : null
  return property?.name === 'PropertyName' ? textOf(property, text) : undefined
}

/** Returns the source of a node. */
export function textOf(node: SyntaxNode, text: string): string {
  return text.slice(node.from, node.to)
}

/**
 * True for valid Python that the grammar of @lezer/python 1.1 does not have: `yield` alone, `1.` without a digit after the
 * point, a starred name in a comprehension or a subscript, brackets around the parts of a `with`, a lambda with `/`.
 */
function isGapOfParser(error: SyntaxNode, text: string): boolean {
  const parent = error.parent
  switch (parent?.name ?? '') {
    case 'YieldStatement':
    case 'YieldExpression':
      return error.from === error.to
    case 'MemberExpression':
      return parent?.firstChild?.name === 'Number' || textOf(error, text) === '*'
    case 'ArrayComprehensionExpression':
    case 'SetComprehensionExpression':
    case 'DictionaryComprehensionExpression':
    case 'ComprehensionExpression':
    case 'ArgList':
      return textOf(error, text) === '*'
    case 'ParamList':
      return textOf(error, text) === '/'
    case 'MappingPattern':
      return error.from === error.to
    default:
      return isInBracketsOfWith(error)
  }
}

function isInBracketsOfWith(error: SyntaxNode): boolean {
  let node = error.parent
  if (node?.name === 'ParenthesizedExpression' || node?.name === 'TupleExpression') node = node.parent
  if (node?.name !== 'WithStatement' || node.lastChild?.name !== 'Body') return false
  const first = node.getChild('with')?.nextSibling
  return first?.name === 'ParenthesizedExpression' || first?.name === 'TupleExpression'
}
