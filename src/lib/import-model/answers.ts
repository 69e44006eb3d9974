import { Shape } from '../api/answers.js'
import type { ModelSeed } from '../sandbox/index.js'

/** What an import needs of answers beyond what the rest of this tool reads; checked for the same reasons as there. */

type SeedOf<Key extends keyof ModelSeed> = ModelSeed[Key] extends readonly (infer One)[] ? One : ModelSeed[Key]

type ReadFile = Omit<SeedOf<'files'>, 'sizeBytes'> & { readonly size?: number; readonly complete: boolean }

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const flag = { type: 'boolean' } as const
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const
const record = { type: 'object' } as const

const document = { _id: text, createdAt: text, updatedAt: text }

function object(required: Record<string, object>, optional: Record<string, object> = {}): object {
  return { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } }
}

function listOf(items: object): object {
  return { type: 'array', items }
}

const model = object({
  ...document,
  ...{ id: text, name: text, kind: text, description: text, organisation: text, state: text, tags: texts },
  ...{ visibility: text, settings: record, collaborators: listOf(object({ entity: text, roles: texts })) },
})

const card = object({ ...document, schemaId: text, version: count }, { metadata: record })

const schema = object({ id: text, name: text, description: text, kind: text, jsonSchema: record })

const file = object({ ...document, name: text, mime: text, tags: texts, complete: flag }, { size: count })

const release = object({
  ...document,
  ...{ semver: text, modelCardVersion: count, notes: text, minor: flag, draft: flag, fileIds: texts },
  images: listOf(object({ repository: text, name: text, tag: text })),
})

export const importAnswers = {
  model: new Shape<{ model: ModelSeed['model'] }>(object({ model })),
  cards: new Shape<{ modelCardRevisions: ModelSeed['cards'] }>(object({ modelCardRevisions: listOf(card) })),
  schema: new Shape<{ schema: SeedOf<'schemas'> }>(object({ schema })),
  files: new Shape<{ files: readonly ReadFile[] }>(object({ files: listOf(file) })),
  releases: new Shape<{ releases: ModelSeed['releases'] }>(object({ releases: listOf(release) })),
}
