import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { finished } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import type { Sha256Digest } from './image/digest.js'
import { createLayer, type LayerOptions } from './image/layer.js'

/** From this size on hashing a layer takes longer than starting a thread for it. */
const MIN_THREAD_BYTES = 32 * 1024 * 1024

const WORKER = new URL('./layer-digest-worker.js', import.meta.url)
/** Threads at the same time: one per core, since each does nothing but compute. */
const limit = pLimit(availableParallelism())
const idle: Worker[] = []

/** Whether a layer is hashed on a thread of its own. Sources in TypeScript have no file that a thread could run. */
export function hasOwnThread({ sizeBytes }: LayerOptions): boolean {
  return sizeBytes >= MIN_THREAD_BYTES && existsSync(WORKER)
}

/**
 * Computes the digest of a layer's bytes from what they follow from. SHA-256 is what limits the pace of a push, so that large
 * layers are hashed beside the thread that sends them, and several of them on several cores.
 *
 * @throws RangeError when the size is none; the signal's reason when it is aborted
 */
export async function digestLayer(content: LayerOptions, signal?: AbortSignal): Promise<Sha256Digest> {
  return hasOwnThread(content) ? limit(() => digestOnThread(content, signal)) : digestHere(content, signal)
}

/** The same on the calling thread, which does nothing else meanwhile. */
export async function digestHere(content: LayerOptions, signal?: AbortSignal): Promise<Sha256Digest> {
  const hash = createHash('sha256')
  const stream = createLayer(content).source.open()
  // An iterator would copy pieces together first.
  stream.on('data', (chunk: Buffer) => {
    if (signal?.aborted) stream.destroy(signal.reason as Error)
    else hash.update(chunk)
  })
  await finished(stream)
  return `sha256:${hash.digest('hex')}`
}

async function digestOnThread(content: LayerOptions, signal: AbortSignal | undefined): Promise<Sha256Digest> {
  signal?.throwIfAborted()
  const thread = idle.pop() ?? new Worker(WORKER)
  thread.ref()
  try {
    // The layer follows from what it is told, so that no bytes go from thread to thread.
    thread.postMessage(content)
    const [digest] = (await once(thread, 'message', signal && { signal })) as [Sha256Digest]
    // Kept for the next layer, but not a reason for the process to go on.
    thread.unref()
    idle.push(thread)
    return digest
  } catch (error) {
    await thread.terminate()
    signal?.throwIfAborted()
    throw error
  }
}
