// Writes bytes into a socket, the least that an upload over HTTP can do.
import { connect } from 'node:net'
import { once } from 'node:events'
import { WARM_UP_BYTES, makeChunks, measure, options } from './measure.js'

const { port, sizeBytes, fill } = options
const chunks = await makeChunks(fill)
const socket = connect(port, '127.0.0.1')
await once(socket, 'connect')

async function send(bytes) {
  socket.write(`POST /raw HTTP/1.1\r\nhost: sink\r\ncontent-length: ${bytes}\r\n\r\n`)
  const answered = once(socket, 'data')
  let sentBytes = 0
  const sendMore = () => {
    while (sentBytes < bytes) {
      const chunk = chunks[(sentBytes / 2 ** 20) % chunks.length]
      sentBytes += chunk.length
      if (!socket.write(chunk)) return void socket.once('drain', sendMore)
    }
  }
  sendMore()
  await answered
}

await send(WARM_UP_BYTES)
await measure(() => send(sizeBytes))
socket.destroy()
