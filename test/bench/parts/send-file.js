// Uploads one synthetic file as an experiment does, in one request.
import { connect } from '../../../dist/src/lib/api/instance.js'
import { uploadFile } from '../../../dist/src/lib/api/upload.js'
import { syntheticSource } from '../../../dist/src/lib/content/sources.js'
import { measure, options } from './measure.js'

const { url, sizeBytes, fill } = options
const instance = connect({ origin: url, credentials: undefined }, { userAgent: 'bench' })

await measure(async () => {
  let sentBytes = 0
  const source = syntheticSource({ sizeBytes, fill, seed: 'bench', name: 'file.bin' })
  const onBytes = (delta) => (sentBytes += delta)
  await uploadFile(instance, { modelId: 'm', name: 'file.bin', source }, { multipart: 'never', onBytes })
  if (sentBytes !== sizeBytes) throw new Error(`sent ${sentBytes} of ${sizeBytes} bytes`)
})
await instance.connection.close()
