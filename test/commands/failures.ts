import { expect } from 'vitest'
import { runCli, type CliOptions, type CliResult } from './cli.js'
import { basicAuth, callApi, readFiles, readReleases, type Instance } from './read-instance.js'

/** Every action that clone-releases needs, as README.md lists them. */
const ACTIONS = [
  'model:read',
  'model:write',
  'release:read',
  'release:write',
  'file:read',
  'file:write',
  'image:read',
  'image:write',
]

export type Environment = Readonly<Record<string, string>>

/** The settings of an instance, as environment variables. */
export function environmentOf({ url, accessKey, secretKey }: Instance): Environment {
  return { URL: url, ACCESS_KEY: accessKey, SECRET_KEY: secretKey }
}

/** Runs a command and checks what every failure has in common; see {@link expectFailure}. */
export async function runFailing(
  args: readonly string[],
  expected: { exitCode: number; says: readonly (string | RegExp)[] },
  options: CliOptions = {},
): Promise<CliResult> {
  const result = await runCli(args, options)
  expectFailure(result, expected)
  expectNoKeys(result, options.env)
  return result
}

/** A failure says on stderr what it is about and what to try next, and shows nothing of the program's inside. */
export function expectFailure(
  { exitCode, signal, stdout, stderr }: CliResult,
  expected: { exitCode: number; says: readonly (string | RegExp)[] },
): void {
  expect({ exitCode, signal, stderr }).toMatchObject({ exitCode: expected.exitCode, signal: null })
  for (const text of expected.says) expect(stderr).toMatch(text)
  // One paragraph: what is wrong, then details and advice, indented.
  expect(stderr).toMatch(/^(Note: .+\n)*Error: .+\n( {2}.+\n)* {2}Try: .+\n$/)
  // A frame of a stack trace ends with line and column; an origin, wherever a line is broken, only with a port.
  expect(stdout + stderr).not.toMatch(/^\s*at .+:\d+:\d+\)?$/m)
}

/** What went wrong as the one document on stdout has it. */
export function readError({ stdout }: CliResult): { message: string; exitCode: number; tryNext: string[] } {
  const document = JSON.parse(stdout) as { error: { message: string; exitCode: number; tryNext: string[] } }
  expect(Object.keys(document)).toEqual(['error'])
  return document.error
}

export function expectNoKeys({ stdout, stderr }: CliResult, env: Environment = {}): void {
  const { ACCESS_KEY: accessKey = '', SECRET_KEY: secretKey = '' } = env
  if (secretKey === '') return
  const encoded = basicAuth({ accessKey, secretKey }).slice('Basic '.length)
  for (const output of [stdout, stderr]) {
    expect(output).not.toContain(secretKey)
    expect(output).not.toContain(encoded)
  }
}

/** Makes a model by plain HTTP; one of kind `model` gets a card, so that it can have releases. */
export async function createModel(instance: Instance, kind = 'model'): Promise<string> {
  const body = { name: `A ${kind}`, kind, description: 'd' }
  const { model } = await callApi<{ model: { id: string } }>(instance, 'POST', '/api/v2/models', body)
  if (kind === 'model') {
    const schema = { schemaId: 'minimal-general-v10' }
    await callApi(instance, 'POST', `/api/v2/model/${model.id}/setup/from-schema`, schema)
  }
  return model.id
}

export async function createRelease(instance: Instance, modelId: string, semver: string): Promise<void> {
  const body = { semver, notes: 'n', fileIds: [], images: [] }
  await callApi(instance, 'POST', `/api/v2/model/${modelId}/releases`, body)
}

/** Makes a token that lacks some of the actions, or is for one model only, and returns its settings. */
export async function createToken(
  { url }: Instance,
  { without = [], modelIds }: { without?: readonly string[]; modelIds?: readonly string[] },
): Promise<Environment> {
  const actions = ACTIONS.filter((action) => !without.includes(action))
  const response = await fetch(`${url}/api/v2/user/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ description: 't', scope: modelIds ? 'models' : 'all', modelIds: modelIds ?? [], actions }),
  })
  const { token } = (await response.json()) as { token: { accessKey: string; secretKey: string } }
  return environmentOf({ url, ...token })
}

/** Everything that a model has. */
export async function readContents(instance: Instance, modelId: string) {
  const { images } = await callApi<{ images: unknown[] }>(instance, 'GET', `/api/v2/model/${modelId}/images`)
  return {
    releases: (await readReleases(instance, modelId)).map(({ semver }) => semver),
    files: (await readFiles(instance, modelId)).map(({ name }) => name),
    images,
  }
}

export const NOTHING = { releases: [], files: [], images: [] }

/** The ids of all models. */
export async function listModels(instance: Instance): Promise<string[]> {
  const { models } = await callApi<{ models: { id: string }[] }>(instance, 'GET', '/api/v2/models/search')
  return models.map(({ id }) => id)
}
