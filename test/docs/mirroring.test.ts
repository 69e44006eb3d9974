import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findCodeBlocks, readDoc } from './read-doc.js'

const BINARY = path.resolve(import.meta.dirname, '../../bin/run.js')

const lines = findCodeBlocks(await readDoc('mirroring.md'))
  .filter(({ language }) => language === 'sh')
  .flatMap((block) => block.text.trim().split('\n'))

let directory: string
const servers: ChildProcess[] = []

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-docs-'))
  await mkdir(path.join(directory, 'bin'))
  const shim = path.join(directory, 'bin/bailo-exp')
  await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" -- "${BINARY}" "$@"\n`)
  await chmod(shim, 0o755)
})

afterAll(async () => {
  const ended = servers.map((server) => new Promise((resolve) => server.once('close', resolve)))
  for (const server of servers) server.kill('SIGTERM')
  await Promise.all(ended)
  await rm(directory, { recursive: true })
})

function start(line: string): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const env = { PATH: `${directory}/bin:${process.env['PATH']}`, HOME: directory, TMPDIR: tmpdir() }
  // The shell becomes the command, so that a signal reaches it.
  const command = line.startsWith('(') ? line : `exec ${line}`
  return spawn('sh', ['-c', command], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function run(line: string) {
  const child = start(line)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { exitCode, stdout, stderr }
}

/** Starts a server, and waits for the file that it writes when it is ready. */
async function serve(line: string): Promise<void> {
  const server = start(line.replace(/--port \d+/, '--port 0'))
  servers.push(server)
  const file = path.join(directory, /--write-env (\S+)/.exec(line)?.[1] ?? '')
  await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 20_000 }).toContain('SECRET_KEY')
}

it('docs/mirroring.md has command lines that work, one after the other', { timeout: 180_000 }, async () => {
  // What the text calls the two models, and what they are called here.
  let [skeleton, mirror] = ['skeleton-ab12cd', 'mirror-ef34gh']
  const outputs: string[] = []
  expect(lines.length).toBeGreaterThan(12)
  for (const line of lines) {
    const expected = Number(/# exit code (\d+)$/.exec(line)?.[1] ?? 0)
    const actual = line.replaceAll('skeleton-ab12cd', skeleton).replaceAll('mirror-ef34gh', mirror)
    if (line.includes('--write-env')) {
      await serve(actual)
      continue
    }
    const { exitCode, stdout, stderr } = await run(actual)
    expect({ line, exitCode, stderr, stdout }).toMatchObject({ exitCode: expected })
    if (line.startsWith('(')) expect(stdout).not.toContain('"error"')
    outputs.push(stdout)
    const created = /"id":"(mirror-\w+)"/.exec(stdout)?.[1]
    if (created !== undefined) mirror = created
    const env = await readFile(path.join(directory, 'source.env'), 'utf8')
    skeleton = /^CLONE_RELEASES_DESTINATION_MODEL_ID=(\S+)$/m.exec(env)?.[1] ?? skeleton
  }
  // What the text shows of the output is what there is, beside figures and names.
  const shown = 'The same in the copy as in the source: 1 card version, 9 releases, 35 files in'
  expect(outputs.at(-1)).toContain(shown)
  expect(outputs.at(-1)).toContain('all bytes of 8 files and 9 layers.')
  expect(await readDoc('mirroring.md')).toContain(shown)
  const refused = outputs.at(-3)
  expect(refused).toMatch(/file "[^"]+" failed in\s+the export from the source/)
})
