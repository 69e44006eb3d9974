import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { UsageError } from '../errors.js'
import { createBlobStore, KeptBlobStore } from './blob-store.js'
import { addDefaultSchemas } from './default-schemas.js'
import type { SandboxParts } from './parts.js'
import { RegistryStore } from './registry/index.js'
import { ALL_ACTIONS, createToken } from './routes/tokens.js'
import { openDataDirectory, type DataDirectory } from './snapshot-directory.js'
import type { SavedKeys } from './snapshot-file.js'
import { restoreState, SnapshotKeeper } from './snapshot.js'
import { SandboxState } from './state.js'

/** What a sandbox stands on: its content, and what becomes of that. */
export interface Base extends Pick<SandboxParts, 'state' | 'blobs' | 'images'> {
  /** The keys of a token that may do everything. */
  readonly keys: SavedKeys
  /** To be called after a change. */
  noteChange(): void
  /** Puts the content where it belongs, or away. */
  close(): Promise<void>
}

/**
 * Makes an empty base whose bytes are in a temporary directory, and gone when it is closed.
 *
 * @param parent where the directory is made
 * @throws UsageError when it cannot be made
 */
export async function openTemporaryBase(discard: boolean, parent = tmpdir()): Promise<Base> {
  const directory = await makeDirectory(parent)
  const blobs = createBlobStore({ directory, discard })
  const state = newState()
  return {
    state,
    blobs,
    images: new RegistryStore(blobs),
    keys: createKeys(state),
    noteChange: () => {},
    close: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/**
 * Opens the base that is kept in a directory, or makes a new one there.
 *
 * @throws UsageError when the directory cannot be used or is in use, and when what is in it cannot be read
 */
export async function openKeptBase(discard: boolean, directory: string): Promise<Base> {
  const data = await openDataDirectory(directory)
  try {
    return await openIn(data, discard)
  } catch (error) {
    await data.lock.release()
    throw error
  }
}

async function openIn(data: DataDirectory, discard: boolean): Promise<Base> {
  const { snapshot, lock } = data
  const blobs = await openBlobs(data, discard)
  const state = snapshot === undefined ? newState() : restoreState(snapshot)
  const images = new RegistryStore(blobs, snapshot?.images)
  const isKnown = snapshot !== undefined && state.tokens.has(snapshot.keys.accessKey)
  const keys = isKnown ? snapshot.keys : createKeys(state)
  const keeper = new SnapshotKeeper(data.path, { state, blobs, images, keys })
  // From now on the directory can be told from one that was named by mistake.
  await keeper.save()
  return {
    state,
    blobs,
    images,
    keys,
    noteChange: () => keeper.schedule(),
    close: async () => {
      try {
        await keeper.close()
      } finally {
        await lock.release()
      }
    },
  }
}

async function openBlobs({ path: directory, blobDirectory, snapshot }: DataDirectory, discard: boolean) {
  try {
    return await KeptBlobStore.open({ directory: blobDirectory, discard }, snapshot?.blobs ?? new Map())
  } catch (error) {
    throw new UsageError(
      `The data directory ${directory} is damaged: ${error instanceof Error ? error.message : String(error)}.`,
      ['restore it from a copy, or name another directory with --data-dir'],
      error,
    )
  }
}

function newState(): SandboxState {
  const state = new SandboxState()
  addDefaultSchemas(state)
  return state
}

function createKeys(state: SandboxState): SavedKeys {
  const actions = [...ALL_ACTIONS]
  const { token, secretKey } = createToken(state, { description: 'sandbox', scope: 'all', modelIds: [], actions })
  return { accessKey: token.accessKey, secretKey }
}

async function makeDirectory(parent: string): Promise<string> {
  try {
    return await mkdtemp(path.join(parent, 'bailo-exp-sandbox-'))
  } catch (error) {
    throw new UsageError(`The sandbox cannot write to ${parent}`, ['Use another directory'], error)
  }
}
