// Writes bytes into a socket, the least that an upload over HTTP can do.
import { connect } from 'node:net'
import { makeChunks, measure, options } from './measure.js'

const { port, sizeBytes, fill } = options
const chunks = await makeChunks(fill)

await measure(
  () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST /raw HTTP/1.1\r\nhost: sink\r\ncontent-length: ${sizeBytes}\r\n\r\n`)
        let sentBytes = 0
        const send = () => {
          while (sentBytes < sizeBytes) {
            const chunk = chunks[(sentBytes / 2 ** 20) % chunks.length]
            sentBytes += chunk.length
            if (!socket.write(chunk)) return void socket.once('drain', send)
          }
        }
        send()
      })
      socket.once('error', reject)
      socket.once('data', () => {
        socket.destroy()
        resolve({})
      })
    }),
)
