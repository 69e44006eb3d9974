import type { SyntaxNode } from '@lezer/common'
import { readString } from './literals.js'
import { childrenOf, propertyOf, textOf } from './syntax.js'

const MAX_LENGTH = 60
const MAX_DEPTH = 20

/** Returns what to call the value of an expression: `model_id` for `self.model_id`, `str(model_id)`, `model["id"]`. */
export function nameOf(node: SyntaxNode, text: string): string {
  const name = compose(node, text, 0).replace(/[^\w]+/g, '_')
  return name.slice(0, MAX_LENGTH) || 'value'
}

function compose(node: SyntaxNode, text: string, depth: number): string {
  if (depth > MAX_DEPTH) return ''
  const inner = (child: SyntaxNode | undefined): string => (child === undefined ? '' : compose(child, text, depth + 1))
  switch (node.name) {
    case 'VariableName':
    case 'Number':
      return textOf(node, text).slice(0, MAX_LENGTH)
    case 'String':
      return readString(textOf(node, text).slice(0, MAX_LENGTH))
    case 'MemberExpression': {
      const [object, , key] = childrenOf(node)
      const owner = inner(object)
      const property = propertyOf(node, text)
      const last = property ?? (key?.name === 'String' || key?.name === 'Number' ? inner(key) : '')
      return owner === 'self' || owner === '' || last === '' ? last || owner : `${owner}_${last}`
    }
    case 'CallExpression': {
      const [callee, args] = childrenOf(node)
      const given = args === undefined ? [] : childrenOf(args).filter(({ name }) => !'(),'.includes(name))
      if (callee?.name === 'VariableName' && given.length > 0) return inner(given[0]) || inner(callee)
      if (given.length > 0 && callee !== undefined && isQuoting(propertyOf(callee, text))) return inner(given[0])
      return isQuoting(propertyOf(callee, text)) ? inner(callee?.firstChild ?? undefined) : inner(callee)
    }
    default:
      return inner(childrenOf(node).find((child) => /^[A-Z]/.test(child.name)))
  }
}

/** Methods that change how a value is written, not what it is. */
function isQuoting(method: string | undefined): boolean {
  return /^(quote(_plus)?|strip|lstrip|rstrip|lower|upper|encode|decode|format)$/.test(method ?? '')
}
