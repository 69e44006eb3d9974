// Uploads one synthetic file as an experiment does, in one request.
import { connect } from '../../../dist/src/lib/api/instance.js'
import { uploadFile } from '../../../dist/src/lib/api/upload.js'
import { syntheticSource } from '../../../dist/src/lib/content/sources.js'
import { WARM_UP_BYTES, measure, options } from './measure.js'

const { url, sizeBytes, fill } = options
const instance = connect({ origin: url, credentials: undefined }, { userAgent: 'bench' })

async function send(bytes) {
  let sentBytes = 0
  const source = syntheticSource({ sizeBytes: bytes, fill, seed: 'bench', name: 'file.bin' })
  const onBytes = (delta) => (sentBytes += delta)
  await uploadFile(instance, { modelId: 'm', name: 'file.bin', source }, { multipart: 'never', onBytes })
  if (sentBytes !== bytes) throw new Error(`sent ${sentBytes} of ${bytes} bytes`)
}

// Connects, and compiles what checks answers: that is paid once per run and not per file.
await send(WARM_UP_BYTES)
await measure(() => send(sizeBytes))
await instance.connection.close()
