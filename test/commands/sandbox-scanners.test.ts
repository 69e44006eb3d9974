import { expect, test } from 'vitest'
import { runCli } from './cli.js'

const PRINT_SCANNERS = `
  const response = await fetch(process.env.URL + '/api/v2/filescanning/info')
  console.log((await response.json()).scanners.map(({ toolName }) => toolName).join())
`

test.each([
  [['--scanners'], 'Clam AV,ModelScan,Trivy\n'],
  [[], '\n'],
])('sandbox %j has scanners only when asked for', async (flags, expected) => {
  const command = [process.execPath, '--input-type=module', '--eval', PRINT_SCANNERS]
  const { stdout, stderr, exitCode } = await runCli(['sandbox', ...flags, '--', ...command])
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: expected, stderr: '', exitCode: 0 })
})
