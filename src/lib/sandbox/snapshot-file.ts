import { open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { UsageError } from '../errors.js'
import type { SavedBlobs } from './blob-store.js'
import type { SavedImages } from './registry/index.js'
import { decode } from './snapshot-codec.js'

export const SNAPSHOT_NAME = 'snapshot.json'

/** Where a snapshot is written before it takes the place of the last one. */
export const NEW_SNAPSHOT_NAME = `${SNAPSHOT_NAME}.new`

const FORMAT = 'bailo-exp sandbox'

/** To be raised when what is kept changes in a way that a reader of the old form would get wrong. */
const VERSION = 1

/** The keys that a sandbox gives out; of all other tokens only a hash of the secret is kept. */
export interface SavedKeys {
  readonly accessKey: string
  readonly secretKey: string
}

/** What is kept of a sandbox, beside the bytes of its blobs. */
export interface Snapshot {
  readonly keys: SavedKeys
  /** The fields of the sandbox's state, by name. */
  readonly state: Readonly<Record<string, unknown>>
  readonly images: SavedImages
  readonly blobs: SavedBlobs
}

/** The parts of a snapshot in the form that JSON can hold. */
export type EncodedSnapshot = Readonly<Record<keyof Snapshot, unknown>>

/**
 * Returns the snapshot in a directory; undefined when there is none.
 *
 * @throws UsageError when it cannot be read, is damaged, is not a sandbox's, or was made by a newer version
 */
export async function readSnapshot(directory: string): Promise<Snapshot | undefined> {
  const file = path.join(directory, SNAPSHOT_NAME)
  const text = await readIfThere(file)
  return text === undefined ? undefined : parseSnapshot(file, text)
}

/** Replaces the snapshot in a directory: whatever happens meanwhile, there is always a whole one. */
export async function writeSnapshot(directory: string, snapshot: EncodedSnapshot): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, version: VERSION, ...snapshot })
  const newFile = path.join(directory, NEW_SNAPSHOT_NAME)
  const handle = await open(newFile, 'w', 0o600)
  try {
    await handle.writeFile(text)
    // Without it a loss of power can leave the new name with none of the new bytes (rename(2), fsync(2)).
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(newFile, path.join(directory, SNAPSHOT_NAME))
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw refused(file, 'cannot be read', error)
  }
}

function parseSnapshot(file: string, text: string): Snapshot {
  let document: Record<string, unknown> | null
  try {
    document = JSON.parse(text) as Record<string, unknown> | null
  } catch (error) {
    throw refused(file, 'is damaged: it is not JSON', error)
  }
  if (document?.format !== FORMAT) throw refused(file, 'is not a snapshot of a sandbox')
  const { version, keys, state, images, blobs } = document
  if (version !== VERSION) {
    throw refused(file, `has version ${JSON.stringify(version)}, and this bailo-exp reads version ${VERSION}`)
  }
  try {
    const snapshot = decode({ keys, state, images, blobs }) as Snapshot
    if (isWhole(snapshot)) return snapshot
  } catch (error) {
    throw refused(file, 'is damaged: it holds what no sandbox writes', error)
  }
  throw refused(file, 'is damaged: a part of it is missing')
}

function isWhole({ keys, state, images, blobs }: Partial<Snapshot>): boolean {
  return (
    typeof keys?.accessKey === 'string' &&
    typeof keys.secretKey === 'string' &&
    ['entries', 'tokens', 'schemas'].every((name) => state?.[name] instanceof Map) &&
    images?.repositories instanceof Map &&
    images.blobs instanceof Map &&
    blobs instanceof Map
  )
}

function refused(file: string, reason: string, cause?: unknown): UsageError {
  return new UsageError(
    `The sandbox's snapshot ${file} ${reason}.`,
    ['name another directory with --data-dir', 'it was left as it is: restore it from a copy, or remove it'],
    cause,
  )
}
