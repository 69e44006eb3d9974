// Takes HTTP requests and drops their bodies: uploads of files as Bailo has them, and of blobs as registries have them. It does
// as little as it can, since what is measured is the sender.
import { createServer } from 'node:net'

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy())
  let head = ''
  let restBytes = 0
  socket.on('data', (chunk) => {
    let position = 0
    while (position < chunk.length) {
      if (restBytes > 0) {
        const taken = Math.min(restBytes, chunk.length - position)
        restBytes -= taken
        position += taken
        if (restBytes === 0) answer(socket, head)
        continue
      }
      // Heads come in one piece, or in pieces of which the last ends with the empty line.
      if (position === 0 && head.endsWith('\r\n\r\n')) head = ''
      const end = chunk.indexOf('\r\n\r\n', position)
      const next = end < 0 ? chunk.length : end + 4
      head = (head.endsWith('\r\n\r\n') ? '' : head) + chunk.toString('latin1', position, next)
      position = next
      if (end < 0) continue
      restBytes = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
      if (restBytes === 0) answer(socket, head)
    }
  })
})

function answer(socket, head) {
  const [method, path] = head.split(' ', 2)
  const size = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
  const reply = (status, headers, body = '') =>
    socket.write(
      `HTTP/1.1 ${status} X\r\n${headers.map((line) => `${line}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`,
    )
  if (!path.startsWith('/v2/')) {
    const file = { _id: '0'.repeat(24), name: 'sink.bin', size, complete: true }
    return reply(200, ['content-type: application/json'], JSON.stringify({ file }))
  }
  if (method === 'HEAD') return reply(404, [])
  if (method === 'POST' || method === 'PATCH') return reply(202, ['location: /v2/sink/blobs/uploads/1'])
  return reply(201, [`docker-content-digest: ${/digest=(sha256[^ &]*)/.exec(path)?.[1]?.replace('%3A', ':') ?? ''}`])
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, port })}\n`)
})
