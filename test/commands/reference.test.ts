import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')

it('README.md and docs/commands.md have the commands as they are (npm run reference)', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/write-reference.js', '--check'], { cwd: ROOT })
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
})

it('README.md can be read from top to bottom: it has less than 300 lines', () => {
  expect(readFileSync(path.join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThan(300)
})
