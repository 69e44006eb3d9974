// A sandbox in a process of its own, with some flags of the command, and the environment that leads to it.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const { flags } = JSON.parse(process.argv[2])
const directory = mkdtempSync(join(tmpdir(), 'bailo-exp-bench-'))
const file = join(directory, 'sandbox.env')
const binary = join(import.meta.dirname, '..', '..', '..', 'bin', 'run.js')
const child = spawn(process.execPath, [binary, 'sandbox', '--write-env', file, ...flags], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
process.once('SIGTERM', () => child.kill('SIGTERM'))
child.once('close', (code) => {
  rmSync(directory, { recursive: true, force: true })
  process.exit(code ?? 0)
})

const keys = ['URL', 'ACCESS_KEY', 'SECRET_KEY']
for (;;) {
  const env = readEnv()
  if (keys.every((key) => key in env)) {
    process.stdout.write(`${JSON.stringify({ env })}\n`)
    break
  }
  await sleep(20)
}

function readEnv() {
  try {
    return Object.fromEntries(
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? []
          return keys.includes(key) ? [[key, value]] : []
        }),
    )
  } catch {
    return {}
  }
}
