// Many small JSON calls, half of them reading a model and half making one: by the typed client, or by bare undici.
import pLimit from 'p-limit'
import { Agent } from 'undici'
import { connect } from '../../../dist/src/lib/api/instance.js'
import { bodyOf } from '../../../dist/src/lib/api/client.js'
import { Credentials } from '../../../dist/src/lib/config/credentials.js'
import { measure, options } from './measure.js'

const { env, count, concurrency, client } = options
const model = { name: 'bench', kind: 'model', description: 'made to be counted', visibility: 'public' }

function makeTyped() {
  const credentials = new Credentials(env.URL, env.ACCESS_KEY, env.SECRET_KEY)
  const { json, connection } = connect({ origin: env.URL, credentials }, { userAgent: 'bench' })
  return {
    create: async () => (await bodyOf(json.POST('/api/v2/models', { body: model }))).model.id,
    read: async (modelId) =>
      (await bodyOf(json.GET('/api/v2/model/{modelId}', { params: { path: { modelId } } }))).model.id,
    close: () => connection.close(),
  }
}

function makeBare() {
  const agent = new Agent({ connections: 16 })
  const authorization = `Basic ${Buffer.from(`${env.ACCESS_KEY}:${env.SECRET_KEY}`).toString('base64')}`
  const call = async (method, path, body) => {
    const answer = await agent.request({
      origin: env.URL,
      path,
      method,
      headers: { authorization, 'user-agent': 'bench', ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    })
    if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode}`)
    return JSON.parse(await answer.body.text())
  }
  return {
    create: async () => (await call('POST', '/api/v2/models', model)).model.id,
    read: async (modelId) => (await call('GET', `/api/v2/model/${modelId}`)).model.id,
    close: () => agent.close(),
  }
}

const { create, read, close } = client === 'typed' ? makeTyped() : makeBare()

async function makeCalls(number) {
  const limit = pLimit(concurrency)
  const modelId = await create()
  await Promise.all(
    Array.from({ length: number }, (_, index) => limit(() => (index % 2 === 0 ? read(modelId) : create()))),
  )
}

await makeCalls(Math.ceil(count / 5))
await measure(() => makeCalls(count))
await close()
