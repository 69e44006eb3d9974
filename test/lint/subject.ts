import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { parse } from 'yaml'
import type { ClientCall, NamesSent } from '../../src/lib/lint/client-call.js'
import { readClient } from '../../src/lib/lint/clients/index.js'
import { Matcher } from '../../src/lib/lint/match.js'
import { Validator } from '../../src/lib/lint/live/validate.js'
import type { Example, Rule, Subject } from '../../src/lib/lint/rules/rule.js'
import { SpecificationDocument, type JsonObject } from '../../src/lib/lint/specification/document.js'
import { jsonSchemaOf, readOperations, type Operation } from '../../src/lib/lint/specification/operations.js'

/** A folder that is removed at the end of the running test. */
export async function makeFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailo-exp-lint-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  return folder
}

/** The operations of a specification with these paths, in YAML or as an object. */
export function operationsOf(paths: string | JsonObject, rest: JsonObject = { openapi: '3.1.0' }): Operation[] {
  const root = { paths: typeof paths === 'string' ? (parse(paths) as unknown) : paths, ...rest }
  return readOperations(new SpecificationDocument('spec.json', root))
}

const NOTHING: NamesSent = { names: [], isComplete: true }

/** A call as `GET /api/v2/models`. */
export function callOf(text: string, more: Partial<ClientCall> = {}): ClientCall {
  const [method = '', target = ''] = text.split(' ')
  const location = { file: 'client.py', line: 3, column: 5, function: 'Client.call' }
  return { method, path: target, query: NOTHING, body: undefined, location, ...more }
}

/** What rules look at when a client makes these calls. */
export function subjectOf(operations: readonly Operation[], calls: readonly ClientCall[] = []): Subject {
  const matcher = new Matcher(operations)
  return {
    operations,
    calls: calls.flatMap((call) =>
      call.path === undefined ? [] : [{ ...call, path: call.path, match: matcher.match(call.method, call.path) }],
    ),
    unresolved: calls.filter((call) => call.path === undefined),
    unreadable: [],
    contract: [],
    mismatches: [],
  }
}

/** What rules look at in an example. */
export async function subjectOfExample({ specification, client, contract, answer }: Example): Promise<Subject> {
  const operations = operationsOf(specification)
  const used = client === undefined ? { calls: [], unreadable: [] } : await readPython(client)
  const [first] = operations
  return {
    ...subjectOf(operations, used.calls),
    unreadable: used.unreadable,
    contract: (contract === undefined ? [] : operationsOf(contract)).flatMap((own) =>
      operations
        .filter(({ method, path }) => method === own.method && path === own.path)
        .map((live) => ({ own, live })),
    ),
    mismatches: answer === undefined || first === undefined ? [] : check(first, JSON.parse(answer)),
  }
}

/** The messages of a rule. */
export function messagesOf(rule: Rule, subject: Subject): string[] {
  return [...rule.check(subject)].map(({ message }) => message)
}

async function readPython(lines: string) {
  const body = lines.split('\n').map((line) => `        ${line}`)
  const folder = await makeFolder({
    'client.py': ['class Client:', '    def call(self, **given):', ...body, ''].join('\n'),
  })
  return readClient(path.join(folder, 'client.py'))
}

function check(operation: Operation, answer: unknown): Subject['mismatches'] {
  const schema = jsonSchemaOf(operation.responses[0]?.content ?? new Map())
  if (schema === undefined) throw new Error('the example has no schema')
  const problems = new Validator(operation.document).check(schema, answer)
  if (problems === undefined) throw new Error('the schema of the example cannot be used')
  return problems.map((problem) => ({ operation, url: operation.path, ...problem }))
}
