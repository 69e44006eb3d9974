import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeDirectory, runCommand, runPart } from '../processes.js'
import { medianOf, skipped, takeTurns, times } from '../rounds.js'

const WHAT = 'push of an image to a registry (docker-registry)'

/** The same two images, which share their largest layer, pushed to fresh registries by this tool and by `skopeo copy`. */
export async function measure({ rounds, scale }) {
  for (const tool of ['docker-registry', 'skopeo']) {
    if (spawnSync(tool, ['--version']).error !== undefined) {
      return [skipped(WHAT, `there is no ${tool} here; it is a package of Debian`)]
    }
  }
  const mebibytes = (count) => Math.max(1, Math.round(count * scale)) * 2 ** 20
  const base = [`sha256:${'a'.repeat(64)}`, mebibytes(768)]
  const images = [
    { name: 'first', layerBytes: [base, [`sha256:${'b'.repeat(64)}`, mebibytes(256)]] },
    { name: 'second', layerBytes: [base, [`sha256:${'c'.repeat(64)}`, mebibytes(256)]] },
  ]
  const directory = makeDirectory()
  const layout = (name) => `oci:${join(directory, name)}:1.0`
  const remote = (url, name) => `docker://${url.slice('http://'.length)}/bench/${name}:1.0`
  const push = (url) => runPart('push-image', { url, seed: 'bench', images })

  // What skopeo copies is what this tool pushed, layer by layer.
  await withRegistry(directory, async (url) => {
    await push(url)
    for (const { name } of images) {
      await runCommand('skopeo', [
        'copy',
        '--src-tls-verify=false',
        '--preserve-digests',
        remote(url, name),
        layout(name),
      ])
    }
  })
  const samples = await takeTurns(rounds, {
    skopeo: () =>
      withRegistry(directory, async (url) => {
        const elapsed = []
        for (const { name } of images) {
          const args = ['copy', '--dest-tls-verify=false', '--preserve-digests', layout(name), remote(url, name)]
          elapsed.push((await runCommand('skopeo', args)).ms)
        }
        return { first: elapsed[0], second: elapsed[1] }
      }),
    ours: () =>
      withRegistry(directory, async (url) => {
        const { times: elapsed } = await push(url)
        return { first: elapsed[0], second: elapsed[1] }
      }),
    limit: () => withRegistry(directory, (url) => runPart('send-blob', { url, sizeBytes: mebibytes(256) })),
  })
  const rowOf = (image, what, atLeast) => {
    const ratio = medianOf(samples.skopeo, image) / medianOf(samples.ours, image)
    return {
      what,
      comparedWith: 'skopeo copy',
      measured: `${times(ratio)} as fast`,
      target: `at least ${atLeast}`,
      isMet: ratio >= atLeast,
      details: { samples },
    }
  }
  const limit = medianOf(samples.skopeo, 'second') / medianOf(samples.limit, 'ms')
  return [
    rowOf('first', `${WHAT}, ${Math.round(1024 * scale)} MiB`, 1),
    rowOf('second', `push of a second image that shares ${Math.round(768 * scale)} MiB with it`, 1.5),
    {
      what: 'its own layer alone, of bytes with a known digest',
      comparedWith: 'skopeo copy of the second image',
      measured: `${times(limit)} as fast`,
      target: 'none: no push to this registry can be faster',
    },
  ]
}

async function withRegistry(directory, use) {
  const port = await findPort()
  const root = join(directory, 'registry')
  mkdirSync(root, { recursive: true })
  const config = join(directory, 'registry.json')
  // JSON is YAML, too.
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: root } },
      http: { addr: `127.0.0.1:${port}` },
    }),
  )
  const child = spawn('docker-registry', ['serve', config], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  const url = `http://127.0.0.1:${port}`
  try {
    await waitFor(url)
    return await use(url)
  } finally {
    child.kill('SIGTERM')
    await closed
    rmSync(root, { recursive: true, force: true })
  }
}

async function waitFor(url) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isThere = await fetch(`${url}/v2/`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isThere) return
    await sleep(50)
  }
  throw new Error('docker-registry does not answer')
}

async function findPort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
