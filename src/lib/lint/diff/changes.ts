import { withoutNames } from '../match.js'
import { nameOf } from '../rules/problems.js'
import { compareSchemas } from '../schema/compare.js'
import { successesOf, type Operation, type Parameter, type Response } from '../specification/operations.js'
import { describeFieldChange, type FieldRules } from './field-changes.js'
import type { ChangeRule } from './rules.js'

/** One change between two specifications. */
export interface Change {
  readonly rule: ChangeRule
  /** Of the new specification, or of the old one for what is gone. */
  readonly operation: Operation
  readonly message: string
  readonly pointer: string
}

/** Says what changed for a client that is made for the old operations, in their order, then what is new. */
export function* findChanges(before: readonly Operation[], after: readonly Operation[]): Generator<Change> {
  const keyOf = ({ method, path }: Operation): string => `${method} ${withoutNames(path)}`
  const remaining = new Map(after.map((operation) => [keyOf(operation), operation]))
  for (const old of before) {
    const now = remaining.get(keyOf(old))
    if (now === undefined) {
      yield change('operation-removed', old, `${nameOf(old)} is gone`, old.pointer)
      continue
    }
    remaining.delete(keyOf(old))
    if (now.isDeprecated && !old.isDeprecated) {
      yield change('operation-deprecated', now, `${nameOf(now)} is deprecated`, now.pointer)
    }
    yield* compareParameters(old, now)
    yield* compareBodies(old, now)
    yield* compareResponses(old, now)
  }
  for (const now of remaining.values()) yield change('operation-added', now, `${nameOf(now)} is new`, now.pointer)
}

function change(rule: ChangeRule, operation: Operation, text: string, pointer: string): Change {
  return { rule, operation, message: `${text}.`, pointer }
}

const PARAMETER_RULES: FieldRules = {
  sentBy: 'client',
  removed: 'parameter-removed',
  added: 'parameter-added',
  required: 'parameter-required',
  optional: 'parameter-optional',
  typesLost: 'parameter-type-changed',
  typesGained: 'parameter-type-widened',
  valuesLost: 'parameter-value-removed',
  valuesGained: 'parameter-value-added',
}

/** Parameters of the path are told by their place in it: their names are nobody's business but the server's. */
function* compareParameters(before: Operation, after: Operation): Generator<Change> {
  const named = (operation: Operation): Map<string, Parameter> =>
    new Map(operation.parameters.map((parameter) => [keyOf(parameter, operation), parameter]))
  const [old, now] = [named(before), named(after)]
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, parameter]) => parameter)
  const fresh = [...now].filter(([key]) => !old.has(key)).map(([, parameter]) => parameter)
  for (const parameter of gone) {
    const moved = fresh.find(({ name }) => name === parameter.name)
    const title = `the ${parameter.place} parameter "${parameter.name}" of ${nameOf(after)}`
    if (moved === undefined) {
      // One in the path that is described no more is still in the template.
      if (parameter.place !== 'path') {
        yield change('parameter-removed', after, capitalise(`${title} is gone`), after.pointer)
      }
    } else {
      fresh.splice(fresh.indexOf(moved), 1)
      yield change('parameter-moved', after, capitalise(`${title} is now in the ${moved.place}`), moved.pointer)
    }
  }
  for (const { name, place, isRequired, pointer } of fresh) {
    if (place === 'path') continue
    const text = `The ${place} parameter "${name}" of ${nameOf(after)} is new`
    if (isRequired) yield change('parameter-required', after, `${text}, and required`, pointer)
    else yield change('parameter-added', after, text, pointer)
  }
  for (const [key, parameter] of now) {
    const earlier = old.get(key)
    if (earlier === undefined) continue
    const title = `The ${parameter.place} parameter "${parameter.name}" of ${nameOf(after)}`
    if (parameter.place !== 'path' && parameter.isRequired !== earlier.isRequired) {
      const rule = parameter.isRequired ? 'parameter-required' : 'parameter-optional'
      yield change(rule, after, `${title} is ${parameter.isRequired ? 'required' : 'optional'} now`, parameter.pointer)
    }
    yield* compareContents(PARAMETER_RULES, after, earlier.schema, parameter.schema, title)
  }
}

function keyOf({ place, name }: Parameter, { path }: Operation): string {
  if (place !== 'path') return `${place} ${name}`
  const position = [...path.matchAll(/\{([^{}]*)\}/g)].findIndex((match) => match[1] === name)
  return position < 0 ? `path ${name}` : `path ${position}`
}

const BODY_RULES: FieldRules = {
  sentBy: 'client',
  removed: 'body-field-removed',
  added: 'body-field-added',
  required: 'body-field-required',
  optional: 'body-field-optional',
  typesLost: 'body-field-type-changed',
  typesGained: 'body-field-type-widened',
  valuesLost: 'body-field-value-removed',
  valuesGained: 'body-field-value-added',
}

function* compareBodies(before: Operation, after: Operation): Generator<Change> {
  const [old, now] = [before.requestBody, after.requestBody]
  const title = `The request body of ${nameOf(after)}`
  if (now?.isRequired === true && old?.isRequired !== true) {
    yield change('body-required', after, `${title} is required now`, after.pointer)
  } else if (now !== undefined && old === undefined) {
    yield change('body-added', after, `${title} is new`, after.pointer)
  }
  for (const [type, schema] of old?.content ?? []) {
    const later = now?.content.get(type)
    if (later === undefined) {
      yield change('body-removed', after, `${title} cannot be ${type} any more`, after.pointer)
    } else yield* compareContents(BODY_RULES, after, schema, later, title)
  }
}

const RESPONSE_RULES: FieldRules = {
  sentBy: 'server',
  removed: 'response-field-removed',
  added: 'response-field-added',
  required: 'response-field-required',
  optional: 'response-field-optional',
  typesLost: 'response-field-type-narrowed',
  typesGained: 'response-field-type-changed',
  valuesLost: 'response-field-value-removed',
  valuesGained: 'response-field-value-added',
}

function* compareResponses(before: Operation, after: Operation): Generator<Change> {
  const [old, now] = [successesOf(before), successesOf(after)]
  for (const earlier of old) {
    const title = `The answer ${earlier.status} of ${nameOf(after)}`
    const later = now.find(({ status }) => status === earlier.status)
    if (later === undefined) yield change('response-removed', after, `${title} is gone`, after.pointer)
    else yield* compareAnswer(after, earlier, later, title)
  }
  for (const { status, pointer } of now) {
    if (old.some((earlier) => earlier.status === status)) continue
    yield change('response-added', after, `The answer ${status} of ${nameOf(after)} is new`, pointer)
  }
}

function* compareAnswer(after: Operation, earlier: Response, later: Response, title: string): Generator<Change> {
  for (const [type, schema] of earlier.content) {
    const next = later.content.get(type)
    if (next === undefined) yield change('response-removed', after, `${title} is not ${type} any more`, later.pointer)
    else yield* compareContents(RESPONSE_RULES, after, schema, next, title)
  }
  for (const type of later.content.keys()) {
    if (!earlier.content.has(type)) yield change('response-added', after, `${title} can be ${type} now`, later.pointer)
  }
}

function* compareContents(
  rules: FieldRules,
  operation: Operation,
  before: Parameter['schema'],
  after: Parameter['schema'],
  title: string,
): Generator<Change> {
  for (const difference of compareSchemas(before, after)) {
    for (const { rule, text } of describeFieldChange(difference, rules)) {
      const at = difference.at === '' ? title : `${title}, ${difference.at}`
      yield change(rule, operation, `${at}: ${text}`, difference.right.pointer)
    }
  }
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
