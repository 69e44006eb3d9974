import { measureCardBody } from '../../api/cards.js'
import { measureModelBody } from '../../api/models.js'
import { MAX_JSON_BODY_BYTES, measureReleaseBody, type NewRelease } from '../../api/releases.js'
import { countCharacters, longWord, longWordOfBytes, type Script } from '../../content/long-word.js'
import { readSchema, SchemaError, type Metadata, type TextMaker } from '../../content/schema-values/index.js'
import { createRandom, type Random } from '../../content/seeded-random.js'
import { UsageError } from '../../errors.js'

export interface LongNamesSizes {
  /** Of names and texts, in characters (code points). */
  readonly length: number
  /** Of the file's name, in bytes of UTF-8. */
  readonly fileNameBytes: number
  readonly script: Script
  readonly seed: string
}

/** The schemas of the two cards. */
export interface CardSchemas {
  readonly model: { readonly id: string; readonly jsonSchema?: unknown }
  readonly dataCard: { readonly id: string; readonly jsonSchema?: unknown }
}

/** A model or data card with long texts. */
export interface LongEntry {
  readonly kind: 'model' | 'data-card'
  /** Begins with the id of the run, so that it can be found again. */
  readonly name: string
  readonly description: string
  readonly tag: string
  readonly schemaId: string
  readonly metadata: Metadata
}

export interface LongNamesPlan {
  readonly model: LongEntry
  readonly dataCard: LongEntry
  readonly file: {
    readonly name: string
    readonly sizeBytes: number
    /** In parts the name is in a body, and not in an address, which has a limit of its own. */
    readonly isInParts: boolean
  }
  readonly release: Pick<NewRelease, 'semver' | 'notes'>
}

/** The shortest length: a name must have room for the id of the run. */
export const MIN_LENGTH = 16
export const MAX_LENGTH = 100_000

const FILE_BYTES = 1024
/** Longer names may not fit into an address: with 2,000 characters they do, with 9,000 the proxy refuses (observed: 414). */
const MAX_NAME_IN_ADDRESS = 2000
/** node-semver, which Bailo reads versions with, takes no longer ones. */
const MAX_SEMVER_CHARACTERS = 256
/** Stands for ids that are not known yet; those of files have 24 hexadecimal digits. */
const ID_PLACEHOLDER = '0'.repeat(24)

/**
 * Plans what is made. All of it depends on the sizes, the seed and the id of the run only.
 *
 * @throws UsageError when a schema cannot be filled in, or a request would be larger than Bailo takes
 */
export function planLongNames(sizes: LongNamesSizes, schemas: CardSchemas, runId: string): LongNamesPlan {
  const plan = makePlan(sizes, schemas, runId)
  const tooLarge = findTooLarge(plan)
  if (tooLarge === undefined) return plan
  const limit = `Bailo takes ${MAX_JSON_BODY_BYTES} bytes in one request`
  if (tooLarge.what === 'the upload of the file') {
    throw new UsageError(
      `With --file-name-length ${sizes.fileNameBytes} ${tooLarge.what} has ${tooLarge.bytes} bytes; ${limit}.`,
      ['use a shorter --file-name-length'],
    )
  }
  const longest = findLongest(
    (length) => findTooLarge(makePlan({ ...sizes, length }, schemas, runId)) === undefined,
    sizes,
  )
  throw new UsageError(
    `With --length ${sizes.length} --script ${sizes.script} ${tooLarge.what} has ${tooLarge.bytes} bytes; ${limit}.`,
    [longest === undefined ? 'use another --script' : `use --length ${longest} or less`],
  )
}

function makePlan(sizes: LongNamesSizes, schemas: CardSchemas, runId: string): LongNamesPlan {
  const { length, fileNameBytes, script, seed } = sizes
  const word = (purpose: string, characters = length): string =>
    longWord(createRandom(seed, purpose), script, characters)
  const entry = (kind: LongEntry['kind'], schema: CardSchemas['model']): LongEntry => ({
    kind,
    name: runId + word(`name of ${kind}`, length - runId.length),
    description: word(`description of ${kind}`),
    tag: word(`tag of ${kind}`),
    schemaId: schema.id,
    metadata: fillCard(schema, sizes, `card of ${kind}`),
  })
  const fileName = longWordOfBytes(createRandom(seed, 'name of file'), script, fileNameBytes)
  return {
    model: entry('model', schemas.model),
    dataCard: entry('data-card', schemas.dataCard),
    file: {
      name: fileName,
      sizeBytes: FILE_BYTES,
      isInParts: encodeURIComponent(fileName).length > MAX_NAME_IN_ADDRESS,
    },
    release: { semver: longSemver(seed, length), notes: word('notes of release') },
  }
}

/** Versions are ASCII; what Bailo reads of one begins after its first letter v (observed), so that there is none. */
function longSemver(seed: string, length: number): string {
  const start = '1.0.0-'
  const letters = longWord(
    createRandom(seed, 'semver'),
    'latin',
    Math.min(length, MAX_SEMVER_CHARACTERS) - start.length,
  )
  return start + letters.replaceAll('v', 'w')
}

function fillCard(schema: CardSchemas['model'], { length, script, seed }: LongNamesSizes, purpose: string): Metadata {
  // One choice per text, so that a longer one leaves all others as they are.
  const makeText: TextMaker = (random: Random, { min, max }) =>
    longWord(createRandom(seed, `text ${random.fraction()}`), script, Math.max(min, Math.min(max, length)))
  try {
    return readSchema(schema.jsonSchema, makeText).make(createRandom(seed, purpose))
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    throw new UsageError(`The schema ${schema.id} cannot be filled in: it ${error.message}.`, [
      'ask the operators of the instance for another schema',
    ])
  }
}

/** The first request that is larger than Bailo takes. */
function findTooLarge({ model, dataCard, file, release }: LongNamesPlan): { what: string; bytes: number } | undefined {
  const measureEntry = ({ kind, name, description, tag }: LongEntry): number =>
    measureModelBody(name, description, { kind, tags: [tag] })
  const requests = [
    { what: 'the model', bytes: measureEntry(model) },
    { what: 'the card of the model', bytes: measureCardBody(model.metadata) },
    {
      what: 'the release',
      bytes: measureReleaseBody({ ...release, minor: false, draft: false, fileIds: [ID_PLACEHOLDER], images: [] }),
    },
    { what: 'the data card', bytes: measureEntry(dataCard) },
    { what: 'the card of the data card', bytes: measureCardBody(dataCard.metadata) },
    { what: 'the upload of the file', bytes: measureUploadStart(file) },
  ]
  return requests.find(({ bytes }) => bytes > MAX_JSON_BODY_BYTES)
}

function measureUploadStart({ name, sizeBytes }: LongNamesPlan['file']): number {
  return Buffer.byteLength(JSON.stringify({ name, size: sizeBytes }))
}

/**
 * The longest length below one that does not fit; undefined when none fits. Lengths are doubled first, and bisected then: a
 * plan takes time in proportion to its length, and so none is tried that is far too long.
 */
function findLongest(fits: (length: number) => boolean, { length }: LongNamesSizes): number | undefined {
  let [low, high] = [0, Math.min(MIN_LENGTH, length)]
  while (high < length && fits(high)) [low, high] = [high, Math.min(2 * high, length)]
  if (low === 0) return undefined
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}

/** What is long, for a table: characters and bytes of each. */
export function measureTexts({ model, dataCard, file, release }: LongNamesPlan): readonly LongText[] {
  const texts: [string, string][] = [
    ['name of the model', model.name],
    ['its description', model.description],
    ['its tag', model.tag],
    ['name of the file', file.name],
    ['version of the release', release.semver],
    ['its notes', release.notes],
    ['name of the data card', dataCard.name],
    ['its description', dataCard.description],
    ['its tag', dataCard.tag],
  ]
  return texts.map(([what, text]) => ({ what, characters: countCharacters(text), bytes: Buffer.byteLength(text) }))
}

export interface LongText {
  readonly what: string
  readonly characters: number
  readonly bytes: number
}
