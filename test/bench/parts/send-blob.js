// Uploads a blob whose bytes and digest are known already to a registry: the least that a push of its layer can take there.
import { createHash, randomFillSync } from 'node:crypto'
import { request } from 'undici'
import { measure, options } from './measure.js'

const { url, sizeBytes } = options
const bytes = Buffer.allocUnsafeSlow(sizeBytes)
for (let start = 0; start < sizeBytes; start += 2 ** 20)
  randomFillSync(bytes, start, Math.min(2 ** 20, sizeBytes - start))
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function call(method, target, body, status) {
  const answer = await request(new URL(target, url), { method, body })
  await answer.body.dump()
  if (answer.statusCode !== status) throw new Error(`${method} ${target}: ${answer.statusCode}`)
  return answer.headers.location
}

await measure(async () => {
  const begun = await call('POST', '/v2/bench/limit/blobs/uploads/', undefined, 202)
  const sent = new URL(await call('PATCH', begun, bytes, 202), url)
  sent.searchParams.set('digest', digest)
  await call('PUT', sent, undefined, 201)
})
