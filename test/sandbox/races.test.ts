import { once } from 'node:events'
import http from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MODEL_SCHEMA, TestSandbox, UNKNOWN_ERROR, type Answer } from './client.js'

/** What happens when several clients want the same at the same moment: one gets it, and the others see what they see of Bailo. */

const CLIENTS = 8

let server: TestSandbox
beforeEach(async () => void (server = await TestSandbox.start()))
afterEach(() => server.close())

type RaceAnswer = Pick<Answer, 'status' | 'body'>

interface Race {
  readonly winners: readonly RaceAnswer[]
  readonly losers: readonly RaceAnswer[]
}

/** Sends requests that the server gets whole at the same moment: the last byte of each is held back until all are there. */
async function together(
  method: string,
  pathOf: (client: number) => string,
  bodyOf: (client: number) => object,
): Promise<Race> {
  const senders = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const text = JSON.stringify(bodyOf(client))
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const request = http.request(server.sandbox.url + pathOf(client), { method, headers, agent: false })
      const answer = once(request, 'response') as Promise<[http.IncomingMessage]>
      await new Promise((resolve) => request.write(text.slice(0, -1), resolve))
      return async (): Promise<RaceAnswer> => {
        request.end(text.slice(-1))
        const [response] = await answer
        return { status: response.statusCode ?? 0, body: (await json(response)) as Answer['body'] }
      }
    }),
  )
  await expect.poll(() => server.sandbox.requests.filter(({ status }) => status === 0)).toHaveLength(CLIENTS)
  const answers = await Promise.all(senders.map((finish) => finish()))
  return {
    winners: answers.filter(({ status }) => status === 200),
    losers: answers.filter(({ status }) => status !== 200),
  }
}

const repeat = (times: number, answer: object) => Array.from({ length: times }, () => answer)

describe('many clients at once', () => {
  test('save a card: one version is made, the others get 500', async () => {
    const modelId = await server.createModelWithCard()
    const { winners, losers } = await together(
      'PUT',
      () => `/api/v2/model/${modelId}/model-cards`,
      (client) => ({ metadata: { overview: { modelSummary: `by ${client}` } } }),
    )
    expect(winners.map(({ body }) => body.card.version)).toEqual([2])
    expect(losers).toEqual(repeat(CLIENTS - 1, { status: 500, body: UNKNOWN_ERROR }))
    const { body } = await server.get(`/api/v2/model/${modelId}/model-card-revisions`)
    expect(body.modelCardRevisions.map(({ version }) => version)).toEqual([1, 2])
    expect(body.modelCardRevisions[1]?.metadata).toEqual(winners[0]?.body.card.metadata)
  })

  test('save cards of different models: all of them succeed', async () => {
    const modelIds = await Promise.all(Array.from({ length: CLIENTS }, () => server.createModelWithCard()))
    const { winners } = await together(
      'PUT',
      (client) => `/api/v2/model/${modelIds[client]}/model-cards`,
      () => ({ metadata: {} }),
    )
    expect(winners).toHaveLength(CLIENTS)
  })

  test('set a card up: one is made, the others get 500 like those who save one', async () => {
    const modelId = await server.createModel()
    const path = `/api/v2/model/${modelId}/setup/from-schema`
    const body = { schemaId: MODEL_SCHEMA }
    const { winners, losers } = await together(
      'POST',
      () => path,
      () => body,
    )
    expect(winners.map(({ body }) => body.card.version)).toEqual([1])
    expect(losers).toEqual(repeat(CLIENTS - 1, { status: 500, body: UNKNOWN_ERROR }))
    expect((await server.post(path, body)).status).toBe(400)
    const revisions = await server.get(`/api/v2/model/${modelId}/model-card-revisions`)
    expect(revisions.body.modelCardRevisions).toHaveLength(1)
  })

  test('make a release of the same version, however they write it: one is made, the others get 400', async () => {
    const modelId = await server.createModelWithCard()
    const { winners, losers } = await together(
      'POST',
      () => `/api/v2/model/${modelId}/releases`,
      (client) => ({ semver: client % 2 ? '1.0.0' : 'v1.0.0', notes: 'n', fileIds: [], images: [] }),
    )
    expect(winners).toHaveLength(1)
    expect(losers.map(({ status, body }) => [status, body.error.message])).toEqual(
      repeat(CLIENTS - 1, [400, 'A release with this semver already exists for this model.']),
    )
    expect((await server.get(`/api/v2/model/${modelId}/releases`)).body.releases).toHaveLength(1)
  })

  test('finish one multipart upload: one of them does, the others get 500', async () => {
    const modelId = await server.createModel()
    const multipart = `/api/v2/model/${modelId}/files/upload/multipart`
    const { body } = await server.post(`${multipart}/start`, { name: 'f', size: 7, mime: 'a/b' })
    const { fileId, uploadId } = body
    const query = `fileId=${fileId}&uploadId=${uploadId}&partNumber=1`
    const part = await server.send('POST', `${multipart}/part?${query}`, Buffer.from('content'))
    const parts = [{ ETag: part.body.ETag, PartNumber: 1 }]
    const { winners, losers } = await together(
      'POST',
      () => `${multipart}/finish`,
      () => ({ fileId, uploadId, parts }),
    )
    expect(winners.map((one) => one.body.file.size)).toEqual([7])
    expect(losers).toEqual(repeat(CLIENTS - 1, { status: 500, body: UNKNOWN_ERROR }))
    const { text } = await server.get(`/api/v2/model/${modelId}/file/${fileId}/download`)
    expect(text).toBe('content')
  })

  test('upload files of one name: all of them are kept', async () => {
    const modelId = await server.createModel()
    const ids = await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => server.upload(modelId, 'same', `by ${client}`)),
    )
    expect(new Set(ids).size).toBe(CLIENTS)
    const contents = await Promise.all(
      ids.map(async (id) => (await server.get(`/api/v2/model/${modelId}/file/${id}/download`)).text),
    )
    expect(contents).toEqual(ids.map((_, client) => `by ${client}`))
  })

  test('push one layer to many repositories: it is stored for each', async () => {
    const modelId = await server.createModel()
    const names = Array.from({ length: CLIENTS }, (_, client) => `image-${client}`)
    await Promise.all(names.map((name) => server.pushImage(modelId, name, 'v1', 'shared layer')))
    const { body } = await server.get(`/api/v2/model/${modelId}/images`)
    expect(body.images.map(({ name, tags }) => [name, tags])).toEqual(names.map((name) => [name, ['v1']]))
  })
})
