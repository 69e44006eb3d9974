// Pushes layers of noise as an experiment does, all at the same time.
import { connect } from '../../../dist/src/lib/api/instance.js'
import { RegistryClient } from '../../../dist/src/lib/registry/client.js'
import { storeLayer } from '../../../dist/src/lib/registry/image-assembly.js'
import { measure, options } from './measure.js'

const { url, sizeBytes, count } = options
const instance = connect({ origin: url, credentials: undefined }, { userAgent: 'bench' })
const client = new RegistryClient(instance.connection)
const store = (bytes, name) => storeLayer(client, 'model/image', { sizeBytes: bytes, seed: 'bench', name })

// Large enough to start the threads that a run keeps.
await Promise.all(Array.from({ length: count }, (_, index) => store(64 * 2 ** 20, `warm-up ${index}`)))
await measure(async () => {
  await Promise.all(Array.from({ length: count }, (_, index) => store(sizeBytes, `layer ${index}`)))
})
await instance.connection.close()
