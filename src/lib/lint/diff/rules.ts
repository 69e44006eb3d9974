import type { RuleInfo } from '../rules/rule.js'

/** The rules of `openapi diff`. An error breaks clients that were right before, a warning may break some. */
export const CHANGE_RULES = [
  rule('operation-removed', 'error', 'An operation is gone.'),
  rule('operation-deprecated', 'warning', 'An operation is marked as deprecated.'),
  rule('operation-added', 'info', 'There is a new operation.'),
  rule('parameter-removed', 'warning', 'A parameter is gone; what a client sends by its name is ignored or refused.'),
  rule('parameter-moved', 'error', 'A parameter is sent in another place: path, query, header or cookie.'),
  rule('parameter-required', 'error', 'A parameter is required that could be left out, or was not there.'),
  rule('parameter-added', 'info', 'There is a new parameter that can be left out.'),
  rule('parameter-optional', 'info', 'A parameter can be left out that was required.'),
  rule('parameter-type-changed', 'error', 'A parameter does not take a type any more that it took.'),
  rule('parameter-type-widened', 'info', 'A parameter takes a further type.'),
  rule('parameter-value-removed', 'error', 'A parameter does not take a value any more that it took.'),
  rule('parameter-value-added', 'info', 'A parameter takes a further value.'),
  rule('body-removed', 'warning', 'An operation has no request body of a media type any more.'),
  rule('body-added', 'info', 'An operation has a request body that can be left out.'),
  rule('body-required', 'error', 'An operation requires a request body that could be left out, or was not there.'),
  rule(
    'body-field-removed',
    'warning',
    'A field of a request body is gone; what a client sends is dropped or refused.',
  ),
  rule(
    'body-field-required',
    'error',
    'A field of a request body is required that could be left out, or was not there.',
  ),
  rule('body-field-added', 'info', 'There is a new field of a request body that can be left out.'),
  rule('body-field-optional', 'info', 'A field of a request body can be left out that was required.'),
  rule('body-field-type-changed', 'error', 'A field of a request body does not take a type any more that it took.'),
  rule('body-field-type-widened', 'info', 'A field of a request body takes a further type.'),
  rule('body-field-value-removed', 'error', 'A field of a request body does not take a value any more that it took.'),
  rule('body-field-value-added', 'info', 'A field of a request body takes a further value.'),
  rule('response-removed', 'error', 'An answer for success is gone, or does not come in a media type any more.'),
  rule('response-added', 'info', 'There is a new answer, or one in a further media type.'),
  rule('response-field-removed', 'error', 'A field of an answer is gone.'),
  rule('response-field-optional', 'warning', 'A field of an answer may be left out that was always there.'),
  rule('response-field-added', 'info', 'There is a new field in an answer.'),
  rule('response-field-required', 'info', 'A field of an answer is always there that could be left out.'),
  rule('response-field-type-changed', 'error', 'A field of an answer may have a type that it did not have.'),
  rule('response-field-type-narrowed', 'info', 'A field of an answer has fewer types.'),
  rule('response-field-value-added', 'warning', 'A field of an answer may have a value that a client does not know.'),
  rule('response-field-value-removed', 'info', 'A field of an answer does not have a value any more that it had.'),
] as const satisfies readonly RuleInfo[]

export type ChangeRule = (typeof CHANGE_RULES)[number]['id']

function rule<const Id extends string>(id: Id, level: RuleInfo['level'], description: string): RuleInfo & { id: Id } {
  return { id, level, description }
}
