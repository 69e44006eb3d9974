// Pushes images of noise as an experiment does: layers once, and from repository to repository by mounting.
import { connect } from '../../../dist/src/lib/api/instance.js'
import { pushImage } from '../../../dist/src/lib/experiments/image-pusher.js'
import { LayerPusher } from '../../../dist/src/lib/experiments/layer-pusher.js'
import { RegistryClient } from '../../../dist/src/lib/registry/client.js'
import { Run } from '../../../dist/src/lib/run/run.js'
import { options } from './measure.js'

const { url, seed, images } = options
const instance = connect({ origin: url, credentials: undefined }, { userAgent: 'bench' })
const client = new RegistryClient(instance.connection)
const run = new Run({ concurrency: 8, isDryRun: false })
const layers = new LayerPusher(run, client, { seed, fill: 'noise' })
const place = { run, client, layers, origin: url, modelId: 'bench', seed }
const times = []
for (const { name, layerBytes } of images) {
  const startedMs = performance.now()
  // A layer is known by what it is called in the source: the same name is the same layer.
  const skeleton = {
    isIndex: false,
    images: [{ layers: layerBytes.map(([digest, sizeBytes]) => ({ digest, sizeBytes })) }],
    leftOut: [],
  }
  await pushImage(place, { name, tag: '1.0', skeleton })
  times.push(performance.now() - startedMs)
}
await instance.connection.close()
process.stdout.write(JSON.stringify({ times }))
