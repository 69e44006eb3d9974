import { describe, expect, test } from 'vitest'
import { runCli } from './cli.js'

const PRINT_STATUSES = `
  for (let asked = 0; asked < 3; asked++) {
    const { status, headers } = await fetch(process.env.URL + '/api/v2/models/search')
    console.log(status, headers.get('x-ratelimit-remaining'))
  }
`
const COMMAND = ['--', process.execPath, '--input-type=module', '--eval', PRINT_STATUSES]

describe('sandbox', () => {
  test('has no rate limit', async () => {
    const { stdout, stderr, exitCode } = await runCli(['sandbox', ...COMMAND])
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: '200 null\n'.repeat(3), stderr: '', exitCode: 0 })
  })

  test('--rate-limit sets one, which what --demo does is not part of', async () => {
    const { stdout, exitCode } = await runCli(['sandbox', '--demo', '--rate-limit', '2/1h', ...COMMAND])
    expect({ stdout, exitCode }).toEqual({ stdout: '200 1\n200 0\n429 0\n', exitCode: 0 })
  })

  test.each(['100', '0/1m', 'many/often'])('--rate-limit %s is wrong usage', async (limit) => {
    const { stdout, stderr, exitCode } = await runCli(['sandbox', '--rate-limit', limit, ...COMMAND])
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
    expect(stderr).toContain(`${JSON.stringify(limit)} is no rate limit`)
    expect(stderr).toContain('for example 100/15m')
  })
})
