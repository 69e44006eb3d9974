import { parentPort } from 'node:worker_threads'
import type { LayerOptions } from './image/layer.js'
import { digestHere } from './layer-digest.js'

// Runs on a thread of its own: hashes one layer after the other, as it is told of them.
parentPort?.on('message', (content: LayerOptions) => {
  void digestHere(content).then((digest) => parentPort?.postMessage(digest))
})
