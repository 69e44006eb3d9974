// Runs a command on a sandbox of its own, and counts the requests that the sandbox saw.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '../../../dist/src/lib/sandbox/index.js'

const { args } = JSON.parse(process.argv[2])
const directory = mkdtempSync(join(tmpdir(), 'bailo-exp-bench-'))
const sandbox = await startSandbox({ discard: true })
try {
  const binary = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js')
  const child = spawn(process.execPath, [binary, ...args], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      URL: sandbox.url,
      ACCESS_KEY: sandbox.accessKey,
      SECRET_KEY: sandbox.secretKey,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  const counts = Object.fromEntries(sandbox.requestCounts)
  process.stdout.write(JSON.stringify({ total: sandbox.requests.length, counts }))
} finally {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
}
