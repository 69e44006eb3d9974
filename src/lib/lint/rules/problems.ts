import type { ClientCall } from '../client-call.js'
import type { Problem } from '../finding.js'
import type { Operation } from '../specification/operations.js'
import type { MatchedCall } from './rule.js'

/** A problem of a call, at its place in the client. */
export function inCall(call: ClientCall, message: string, subject?: string): Problem {
  const { method, path = '', location } = call
  return { message, method, path, location, ...(subject !== undefined && { subject }) }
}

/** A problem of an operation of the specification. */
export function inOperation(
  operation: Pick<Operation, 'document' | 'method' | 'path' | 'pointer'>,
  message: string,
  { subject, pointer = operation.pointer }: { readonly subject?: string; readonly pointer?: string } = {},
): Problem {
  const { method, path, document } = operation
  return {
    message,
    method,
    path,
    pointer,
    location: { file: document.label },
    ...(subject !== undefined && { subject }),
  }
}

/** The calls of which it is certain what operation they are, with it. */
export function* identified(calls: readonly MatchedCall[]): Generator<readonly [MatchedCall, Operation]> {
  for (const call of calls) {
    if (call.match.kind === 'operation' && call.match.operations.length === 1) yield [call, call.match.operations[0]]
  }
}

/** An operation as people write it. */
export function nameOf({ method, path }: Pick<Operation, 'method' | 'path'>): string {
  return `${method} ${path}`
}
