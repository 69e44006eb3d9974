import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type * as Source from '../../src/lib/registry/layer-digest.js'
import { createLayer, type LayerOptions } from '../../src/lib/registry/image/layer.js'

// As built: threads run files, and only a build has files that they can run.
const built = new URL('../../dist/src/lib/registry/layer-digest.js', import.meta.url)
const { digestLayer, hasOwnThread } = (await import(built.href)) as typeof Source

const LARGE: LayerOptions = { sizeBytes: 40 * 2 ** 20 + 17, seed: 's', name: 'large' }

async function hashPlainly(content: LayerOptions): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createLayer(content).source.open()) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}

it('is on a thread of its own what it is without', async () => {
  const others: LayerOptions[] = [
    { ...LARGE, seed: 't' },
    { ...LARGE, fill: 'zeros' },
  ]
  expect(hasOwnThread(LARGE)).toBe(true)
  expect(await digestLayer(LARGE)).toBe(await hashPlainly(LARGE))
  expect(await Promise.all(others.map((one) => digestLayer(one)))).toEqual(await Promise.all(others.map(hashPlainly)))
})

it('of a small layer starts no thread', async () => {
  const small = { ...LARGE, sizeBytes: 5000 }
  expect(hasOwnThread(small)).toBe(false)
  expect(await digestLayer(small)).toBe(await hashPlainly(small))
})

it('ends with the reason of an abort, before and while it is computed', async () => {
  const reason = new Error('enough')
  await expect(digestLayer(LARGE, AbortSignal.abort(reason))).rejects.toBe(reason)
  const controller = new AbortController()
  const huge = digestLayer({ ...LARGE, sizeBytes: 2 ** 50 }, controller.signal)
  setTimeout(() => controller.abort(reason), 100)
  await expect(huge).rejects.toBe(reason)
})
