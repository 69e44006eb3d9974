import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { basicAuth, bearer } from '../commands/read-instance.js'
import { countRequests } from '../support/faults.js'
import { exchange } from '../support/raw-http.js'
import { TestSandbox } from './client.js'

let server: TestSandbox
beforeEach(async () => void (server = await TestSandbox.start()))
afterEach(() => server.close())

const STATUS = '/api/v2/system/status'

function ask(headers: Record<string, string>, path = STATUS) {
  return exchange(server.sandbox.url + path, { headers })
}

/** Sends requests with keys at the same time, and returns how long all of them took. */
async function timeAll(requests: number): Promise<number> {
  const headers = { authorization: basicAuth(server.sandbox) }
  const startMs = performance.now()
  const answers = await Promise.all(Array.from({ length: requests }, () => ask(headers)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  return performance.now() - startMs
}

describe('the cost of checking a token', () => {
  test('is nothing once it is taken back', async () => {
    server.sandbox.chargeTokens({ costMs: 3_600_000, cores: 1 })
    server.sandbox.chargeTokens(undefined)
    expect(await timeAll(20)).toBeLessThan(3_600_000)
  })

  test('is paid one after the other on each core', async () => {
    server.sandbox.chargeTokens({ costMs: 100, cores: 2 })
    const twoCoresMs = await timeAll(20)
    expect(twoCoresMs).toBeGreaterThan(995)
    server.sandbox.chargeTokens({ costMs: 100, cores: 20 })
    const twentyCoresMs = await timeAll(20)
    expect(twentyCoresMs).toBeGreaterThan(95)
    expect(twentyCoresMs).toBeLessThan(twoCoresMs)
  })

  test('makes those who come later wait longer', async () => {
    server.sandbox.chargeTokens({ costMs: 100, cores: 1 })
    const headers = { authorization: basicAuth(server.sandbox) }
    const waits = (await Promise.all(Array.from({ length: 5 }, () => ask(headers)))).map(({ waitMs }) => waitMs)
    waits.sort((left, right) => left - right)
    waits.forEach((waitMs, index) => expect(waitMs).toBeGreaterThan((index + 1) * 100 - 5))
  })

  test('is not saved up by waiting', async () => {
    server.sandbox.chargeTokens({ costMs: 50, cores: 1 })
    await timeAll(1)
    await sleep(200)
    expect(await timeAll(4)).toBeGreaterThan(195)
  })

  test('burns no processor time', async () => {
    server.sandbox.chargeTokens({ costMs: 500, cores: 1 })
    const before = process.cpuUsage()
    expect(await timeAll(4)).toBeGreaterThan(1995)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(1000)
  })

  test('is for requests with keys, right or wrong, and for tokens of the registry', async () => {
    const modelId = await server.createModel()
    server.sandbox.chargeTokens({ costMs: 300, cores: 1 })
    const keys = { authorization: basicAuth(server.sandbox) }
    const wrong = await ask({ authorization: basicAuth({ ...server.sandbox, secretKey: 'wrong' }) })
    expect([wrong.status, wrong.waitMs > 295]).toEqual([401, true])
    const scope = `service=RegistryAuth&scope=repository:${modelId}/img:pull`
    const token = await ask(keys, `/api/v1/registry_auth?${scope}`)
    expect([token.status, token.waitMs > 295]).toEqual([200, true])
  })

  test('is nothing for others: without keys, within the registry, to the sandbox itself', async () => {
    const modelId = await server.createModel()
    const authorization = await bearer(server.sandbox, `${modelId}/img`)
    server.sandbox.chargeTokens({ costMs: 3_600_000, cores: 1 })
    for (let asked = 0; asked < 5; asked++) {
      expect((await ask({})).status).toBe(200)
      expect((await ask({ authorization }, `/v2/${modelId}/img/tags/list`)).status).toBe(404)
    }
    expect((await countRequests(server.sandbox)).total).toBeGreaterThan(10)
  })

  test('is paid before anything is done, and then it is done, although the client has gone', async () => {
    server.sandbox.chargeTokens({ costMs: 1500, cores: 1 })
    const headers = { authorization: basicAuth(server.sandbox), 'content-type': 'application/json' }
    const request = http.request(`${server.sandbox.url}/api/v2/models`, { method: 'POST', headers, agent: false })
    request.on('error', () => undefined).end('{"name":"m","kind":"model","description":"d"}')
    await sleep(100)
    request.destroy()
    const countModels = async () => (await server.get('/api/v2/models/search')).body.models.length
    expect(await countModels()).toBe(0)
    await expect.poll(countModels, { timeout: 10_000 }).toBe(1)
  })

  test('ends with the sandbox', async () => {
    server.sandbox.chargeTokens({ costMs: 3_600_000, cores: 1 })
    const answer = ask({ authorization: basicAuth(server.sandbox) })
    await expect.poll(() => server.sandbox.requests.length).toBe(1)
    await server.close()
    expect(await answer).toMatchObject({ status: undefined, failure: 'ECONNRESET' })
  })
})
