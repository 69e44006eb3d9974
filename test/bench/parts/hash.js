// SHA-256 of bytes that are in memory already, in Node, alone.
import { createHash } from 'node:crypto'
import { makeChunks, measure, options } from './measure.js'

const { sizeBytes } = options
const chunks = await makeChunks('noise')

function hashAll(bytes) {
  const hash = createHash('sha256')
  for (let done = 0; done < bytes; done += 2 ** 20) hash.update(chunks[(done / 2 ** 20) % chunks.length])
  return hash.digest('hex')
}

hashAll(64 * 2 ** 20)
await measure(async () => hashAll(sizeBytes) && {})
