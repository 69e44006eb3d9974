import { expect, it } from 'vitest'
import { listFiles } from '../../src/lib/api/files.js'
import { listImages } from '../../src/lib/api/images.js'
import { createRelease, listReleases, measureReleaseBody } from '../../src/lib/api/releases.js'
import { failureOf, openInstance } from '../support/client.js'
import { bailoError, json, startServer } from '../support/scripted-server.js'

const RELEASE = {
  semver: '1.0.0',
  notes: 'Größe',
  minor: false,
  draft: true,
  fileIds: ['63f000000000000000000001'],
  images: [{ repository: 'm', name: 'img', tag: '1' }],
}

it.each([
  ['releases', listReleases, { releases: [{ semver: '1.0.0', notes: 'n' }] }],
  ['files', listFiles, { files: [{ _id: 'f', name: 'a' }] }],
  ['images', listImages, { images: [{ repository: 'm', name: 'img', tags: ['1', '2'] }] }],
] as const)('lists %s in one request', async (name, list, answer) => {
  const server = await startServer([json(answer)])
  expect(await list(openInstance(server.origin), 'm')).toEqual(Object.values(answer)[0])
  expect(server.lines).toEqual([`GET /api/v2/model/m/${name}`])
})

it('creates a release from what it is made of and nothing else', async () => {
  const server = await startServer([json({ release: { semver: '1.0.0' } })])
  const images = RELEASE.images.map((image) => ({ ...image, _id: 'y' }))
  const listed = { ...RELEASE, images, createdAt: 'x' }
  expect(await createRelease(openInstance(server.origin), 'm', listed)).toBe('1.0.0')
  expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toEqual(RELEASE)
})

it('says what the server stored, which may be another version', async () => {
  const server = await startServer([json({ release: { semver: '2.0.0-a' } })])
  expect(await createRelease(openInstance(server.origin), 'm', { ...RELEASE, semver: '2.0.0-a-b' })).toBe('2.0.0-a')
})

it('measures the body as it is sent', async () => {
  const server = await startServer([json({ release: { semver: '1.0.0' } })])
  await createRelease(openInstance(server.origin), 'm', RELEASE)
  expect(measureReleaseBody(RELEASE)).toBe(server.requests[0]?.body.length)
})

it('does not send a release again after a server error', async () => {
  const server = await startServer([bailoError(502, 'bad gateway'), json({ release: { semver: '1.0.0' } })])
  const error = await failureOf(createRelease(openInstance(server.origin), 'm', RELEASE))
  expect(error).toMatchObject({ status: 502, operation: { path: '/api/v2/model/{modelId}/releases' } })
  expect(server.requests).toHaveLength(1)
})
