import { readdir } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, DOCKER_MANIFEST, imageManifest, startRegistry, type TestRegistry } from './harness.js'

const MODEL = 'model-abc123'

let registry: TestRegistry

beforeEach(async () => {
  registry = await startRegistry()
})

afterEach(() => registry.close())

describe('the images of a model', () => {
  it('are listed by name, with sorted tags, without those of other models', async () => {
    for (const tag of ['v2', 'v1']) await registry.pushImage(`${MODEL}/img`, tag, ['layer'])
    await registry.pushImage(`${MODEL}/group/sub/name`, 'latest', ['layer'])
    await registry.pushImage('other-def456/img', 'v1', ['layer'])
    expect(registry.store.listImages(MODEL)).toEqual([
      { repository: MODEL, name: 'group/sub/name', tags: ['latest'] },
      { repository: MODEL, name: 'img', tags: ['v1', 'v2'] },
    ])
    expect(registry.store.listImages('unknown')).toEqual([])
  })

  it('are as large as config and layers together, as observed', async () => {
    const repository = `${MODEL}/img`
    const [config, layer] = ['c'.repeat(188), 'l'.repeat(100_232)]
    for (const blob of [config, layer]) await registry.pushBlob(repository, blob)
    const manifest = imageManifest(DOCKER_MANIFEST, config, [layer])
    await registry.send('PUT', `/v2/${repository}/manifests/v1`, {
      token: await registry.pushToken(repository),
      headers: { 'content-type': DOCKER_MANIFEST },
      body: manifest,
    })
    expect(registry.store.describeImage(MODEL, 'img', 'v1')).toEqual({ digest: digestOf(manifest), sizeBytes: 100_420 })
  })

  it('are not described under names, tags or models that do not exist', async () => {
    const digest = await registry.pushImage(`${MODEL}/img`, 'v1', ['layer'])
    expect(registry.store.describeImage(MODEL, 'img', digest)).toBeUndefined()
    expect(registry.store.describeImage(MODEL, 'img', 'v2')).toBeUndefined()
    expect(registry.store.describeImage(MODEL, 'other', 'v1')).toBeUndefined()
    expect(registry.store.describeImage('unknown', 'img', 'v1')).toBeUndefined()
  })

  it('are gone from the list with their last tag', async () => {
    await registry.pushImage(`${MODEL}/group/img`, 'v1', ['layer'])
    expect(await registry.store.deleteTag(MODEL, 'group/img', 'v1')).toBe(true)
    expect(registry.store.listImages(MODEL)).toEqual([])
    expect(await registry.store.deleteTag(MODEL, 'group/img', 'v1')).toBe(false)
    expect(await registry.store.deleteTag(MODEL, 'other', 'v1')).toBe(false)
  })
})

describe('deleting a model', () => {
  it('leaves what other models share, and nothing once they are gone', async () => {
    await registry.pushImage(`${MODEL}/one`, 'v1', ['shared', 'alone'])
    await registry.pushImage(`${MODEL}/two`, 'v1', ['shared'])
    await registry.pushImage('other-def456/img', 'v1', ['shared'])
    await registry.store.deleteModel(MODEL)
    expect(registry.store.listImages(MODEL)).toEqual([])
    const token = await registry.token('repository:other-def456/img:pull', `repository:${MODEL}/one:pull`)
    const kept = await registry.send('GET', `/v2/other-def456/img/blobs/${digestOf('shared')}`, { token })
    expect(kept.body.toString()).toBe('shared')
    expect((await registry.send('HEAD', `/v2/${MODEL}/one/blobs/${digestOf('shared')}`, { token })).status).toBe(404)
    await registry.store.deleteModel('other-def456')
    await registry.store.deleteModel('unknown')
    expect(await readdir(registry.directory)).toEqual([])
  })

  it('ends its uploads', async () => {
    const token = await registry.pushToken(`${MODEL}/img`)
    const started = await registry.send('POST', `/v2/${MODEL}/img/blobs/uploads/`, { token })
    const sent = await registry.send('PATCH', started.headers['location']!, { token, body: 'hello' })
    await registry.store.deleteModel(MODEL)
    expect((await registry.send('GET', sent.headers['location']!, { token })).status).toBe(404)
    expect(await readdir(registry.directory)).toEqual([])
  })

  it('drops a chunk that is on its way', async () => {
    const token = await registry.pushToken(`${MODEL}/img`)
    const started = await registry.send('POST', `/v2/${MODEL}/img/blobs/uploads/`, { token })
    const body = new PassThrough()
    body.write('hello')
    const sending = registry.send('PATCH', started.headers['location']!, { token, body })
    while ((await readdir(registry.directory)).length === 0) await setImmediate()
    await registry.store.deleteModel(MODEL)
    body.end()
    expect((await sending).status).toBe(404)
    expect(await readdir(registry.directory)).toEqual([])
  })

  it('lets the same image be pushed again', async () => {
    await registry.pushImage(`${MODEL}/img`, 'v1', ['layer'])
    await registry.store.deleteModel(MODEL)
    await registry.pushImage(`${MODEL}/img`, 'v1', ['layer'])
    expect(registry.store.listImages(MODEL)).toHaveLength(1)
  })
})

describe('a blob that is pushed twice', () => {
  it('is stored once, and gone when nobody has it', async () => {
    await registry.pushBlob(`${MODEL}/img`, 'layer')
    await registry.pushBlob(`${MODEL}/img`, 'layer')
    await registry.pushBlob('other-def456/img', 'layer')
    expect(await readdir(registry.directory)).toHaveLength(1)
    for (const model of [MODEL, 'other-def456']) await registry.store.deleteModel(model)
    expect(await readdir(registry.directory)).toEqual([])
  })
})
