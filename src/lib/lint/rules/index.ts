import { bodyFieldMissing } from './body-field-missing.js'
import { bodyFieldUnknown } from './body-field-unknown.js'
import { clientUnreadable } from './client-unreadable.js'
import { duplicatePath } from './duplicate-path.js'
import { endpointDeprecated } from './endpoint-deprecated.js'
import { endpointNotCovered } from './endpoint-not-covered.js'
import { endpointUnknown } from './endpoint-unknown.js'
import { endpointUnresolved } from './endpoint-unresolved.js'
import { methodUnknown } from './method-unknown.js'
import { pathParameterMismatch } from './path-parameter-mismatch.js'
import { pathParameterOptional } from './path-parameter-optional.js'
import { queryParameterMissing } from './query-parameter-missing.js'
import { queryParameterUnknown } from './query-parameter-unknown.js'
import { responseDrift } from './response-drift.js'
import { responseMismatch } from './response-mismatch.js'
import { responseUndescribed } from './response-undescribed.js'
import type { Rule } from './rule.js'

/** The rules of `openapi lint`: first those for the client, then those for the specification. */
export const RULES: readonly Rule[] = [
  endpointUnknown,
  methodUnknown,
  endpointNotCovered,
  endpointDeprecated,
  queryParameterUnknown,
  queryParameterMissing,
  bodyFieldUnknown,
  bodyFieldMissing,
  endpointUnresolved,
  clientUnreadable,
  pathParameterMismatch,
  pathParameterOptional,
  responseUndescribed,
  duplicatePath,
  responseDrift,
  responseMismatch,
]
