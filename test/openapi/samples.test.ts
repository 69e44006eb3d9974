import { expect, test } from 'vitest'
import {
  createCompiler,
  listOperations,
  readContract,
  resolve,
  toPointer,
  type JsonObject,
} from './contract-document.js'
import { readApiSamples, whyNoFacts, type Sample } from './facts.js'

const contract = readContract()
const operations = listOperations(contract)
const compile = createCompiler(contract)

/** Served, but of no use to this tool. */
const NOT_DESCRIBED = [
  'method_not_allowed',
  // Answered by the server's framework for every route.
  'head_model',
  'options_model',
]

/** Accepted, because the server takes the string "false" for a true boolean. */
const COERCED = ['release_string_false_draft']

function findOperation({ request }: Sample) {
  const [path = ''] = request.path.split('?')
  return operations
    .filter(
      (operation) =>
        operation.method === request.method.toLowerCase() &&
        new RegExp(`^${operation.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    )
    .sort((left, right) => left.path.split('{').length - right.path.split('{').length)[0]
}

/** Says how the answer differs from the contract; undefined when it fits. */
function checkAnswer(sample: Sample): string | undefined {
  const operation = findOperation(sample)
  if (operation === undefined) return 'no operation'
  const responses = operation.details.responses as JsonObject
  const described = responses[String(sample.status)]
  if (described === undefined) return `status ${sample.status} is not described`
  const at = toPointer(['responses', String(sample.status)])
  const { value, pointer } = resolve(contract, described, operation.pointer + at)
  const content = (value.content ?? {}) as JsonObject
  const mediaType = sample.headers['content-type']?.split(';')[0] ?? ''
  const range = [mediaType, '*/*'].find((candidate) => candidate in content)
  if (range === undefined) return `${mediaType} is not described for status ${sample.status}`
  return validate(pointer + toPointer(['content', range, 'schema']), sample.response)
}

function checkRequest(sample: Sample): string | undefined {
  const operation = findOperation(sample)
  if (operation === undefined) return 'no operation'
  return validate(
    `${operation.pointer}${toPointer(['requestBody', 'content', 'application/json', 'schema'])}`,
    sample.request.json,
  )
}

function validate(pointer: string, value: unknown): string | undefined {
  const check = compile(pointer)
  if (check(value)) return undefined
  return JSON.stringify(check.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`))
}

function listProblems(samples: readonly Sample[], check: (sample: Sample) => string | undefined): string[] {
  return samples.flatMap((sample) => {
    const problem = check(sample)
    return problem === undefined ? [] : [`${sample.name}: ${problem}`]
  })
}

test('every captured answer fits the contract', ({ skip }) => {
  skip(whyNoFacts !== undefined, whyNoFacts)
  const samples = readApiSamples().filter((sample) => !NOT_DESCRIBED.includes(sample.name))
  expect(samples.length).toBeGreaterThan(140)
  expect(listProblems(samples, checkAnswer)).toEqual([])
})

test('nothing captured is left out without a word', ({ skip }) => {
  skip(whyNoFacts !== undefined, whyNoFacts)
  const undescribed = readApiSamples().filter((sample) => findOperation(sample) === undefined)
  expect(undescribed.map((sample) => sample.name).sort()).toEqual([...NOT_DESCRIBED].sort())
})

test('every request that the server took fits the contract', ({ skip }) => {
  skip(whyNoFacts !== undefined, whyNoFacts)
  const taken = readApiSamples().filter(
    ({ name, status, request }) => status === 200 && typeof request.json === 'object' && !COERCED.includes(name),
  )
  expect(taken.length).toBeGreaterThan(25)
  expect(listProblems(taken, checkRequest)).toEqual([])
})

test('every body that the validation of the server refused is refused by the contract', ({ skip }) => {
  skip(whyNoFacts !== undefined, whyNoFacts)
  const refused = readApiSamples().filter(({ status, request, response }) => {
    const { error } = response as { error?: { context?: { errors?: unknown } } }
    return status === 400 && typeof request.json === 'object' && error?.context?.errors !== undefined
  })
  expect(refused.length).toBeGreaterThan(4)
  expect(refused.filter((sample) => checkRequest(sample) === undefined).map((sample) => sample.name)).toEqual([])
})

test('an operation whose successful answer was never captured says so', ({ skip }) => {
  skip(whyNoFacts !== undefined, whyNoFacts)
  const captured = new Set(
    readApiSamples()
      .filter((sample) => sample.status < 300)
      .map((sample) => findOperation(sample)?.details.operationId),
  )
  const idsOf = (wanted: (operation: JsonObject) => boolean) =>
    operations.filter(({ details }) => wanted(details)).map(({ details }) => details.operationId)
  expect(idsOf((details) => details['x-answer-observed'] === false)).toEqual(
    idsOf((details) => !captured.has(details.operationId as string)),
  )
})
