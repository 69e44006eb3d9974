import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, ExpectedError } from '../errors.js'
import type { KeptBlobStore } from './blob-store.js'
import type { RegistryStore } from './registry/index.js'
import { encode } from './snapshot-codec.js'
import { writeSnapshot, type EncodedSnapshot, type SavedKeys, type Snapshot } from './snapshot-file.js'
import { SandboxState } from './state.js'

/** How long changes are collected before they are saved. */
const COLLECTED_MS = 250

/** Saving stops the sandbox for a moment, so it is given at most this share of the time. */
const SAVING_SHARE = 0.1

/** What a snapshot is made of. */
export interface SavedParts {
  readonly keys: SavedKeys
  readonly state: SandboxState
  readonly images: RegistryStore
  readonly blobs: KeptBlobStore
}

/** Keeps a sandbox on disk: saves its content soon after a change, and when it ends. */
export class SnapshotKeeper {
  private isChanged = false
  private isClosed = false
  private lastTookMs = 0
  private running: Promise<void> | undefined
  private readonly ending = new AbortController()

  constructor(
    private readonly directory: string,
    private readonly parts: SavedParts,
  ) {}

  /** Has the content saved soon. */
  schedule(): void {
    this.isChanged = true
    if (this.isClosed) return
    this.running ??= this.saveWhileChanging().finally(() => (this.running = undefined))
  }

  /**
   * Saves the content now. Bytes of what was removed meanwhile go when the snapshot that still needs them has gone.
   *
   * @throws ExpectedError when it cannot be written; TypeError when the state holds what cannot be saved
   */
  async save(): Promise<void> {
    this.isChanged = false
    const startedMs = performance.now()
    const { blobs } = this.parts
    const removed = [...blobs.removedFiles]
    const snapshot = encodeParts(this.parts)
    try {
      await writeSnapshot(this.directory, snapshot)
    } catch (error) {
      this.isChanged = true
      const reason = error instanceof Error ? error.message : String(error)
      throw new ExpectedError(`The sandbox could not be saved in ${this.directory}: ${reason}.`, {
        exitCode: ExitCode.Partial,
        tryNext: ['check that the disk has room and that the directory can be written to'],
        cause: error,
      })
    }
    await blobs.removeFiles(removed)
    this.lastTookMs = performance.now() - startedMs
  }

  /** Saves the last changes and stops. @throws as {@link save} does */
  async close(): Promise<void> {
    this.isClosed = true
    this.ending.abort()
    await this.running
    await this.save()
  }

  private async saveWhileChanging(): Promise<void> {
    while (this.isChanged && !this.isClosed) {
      const waitMs = Math.max(COLLECTED_MS, this.lastTookMs / SAVING_SHARE)
      await sleep(waitMs, undefined, { signal: this.ending.signal }).catch(() => undefined)
      if (this.isClosed) return
      try {
        await this.save()
      } catch (error) {
        // The next change, or the end, tries again.
        process.emitWarning(error instanceof Error ? error : String(error))
        return
      }
    }
  }
}

/** Returns the state that a snapshot holds. What it does not know yet is as in a new sandbox. */
export function restoreState({ state }: Snapshot): SandboxState {
  return Object.assign(new SandboxState(), state)
}

/** Takes everything at one moment, without a pause in which it could change. Bytes that nothing refers to are left out. */
function encodeParts({ keys, state, images, blobs }: SavedParts): EncodedSnapshot {
  const usedKeys = new Set<string>()
  const noteKey = (text: string) => {
    if (blobs.has(text)) usedKeys.add(text)
  }
  return {
    keys: encode(keys),
    state: encode({ ...state }, noteKey),
    images: encode(images.describe(), noteKey),
    blobs: encode(blobs.describe(usedKeys)),
  }
}
