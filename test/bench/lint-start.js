// How long `openapi lint` takes as a whole process, with a client of 1,200 lines and the contract's own specification, against
// `node -e 0`: both in turn, after a warm-up, medians. `npm run bench` prints a table; `--json FILE` writes the figures too.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'

const ROUNDS = 15
const root = join(import.meta.dirname, '..', '..')
const binary = join(root, 'bin', 'run.js')
const directory = mkdtempSync(join(tmpdir(), 'bailo-exp-bench-'))

/** A client in the manner of Bailo's own: one method of several lines per operation, until it is long enough. */
function writeClient(contract) {
  const lines = [
    'class Client:',
    '    def __init__(self, url, agent):',
    '        self.url = url.rstrip("/") + "/api"',
    '        self.agent = agent',
    '',
  ]
  const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'patch', 'delete'].filter((method) => method in item).map((method) => [method, path]),
  )
  for (let index = 0; lines.length < 1200; index++) {
    const [method, path] = operations[index % operations.length]
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    lines.push(
      `    def call_${index}(self, ${[...names, '**kwargs'].join(', ')}):`,
      '        params = {}',
      '        params.update(kwargs)',
      `        url = f"{self.url}${path.replace(/^\/api/, '')}"`,
      `        return self.agent.${method}(url, params=params).json()`,
      '',
    )
  }
  return lines.join('\n')
}

function measureMs(args) {
  const started = process.hrtime.bigint()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: directory })
  if (status === null || status > 1) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
  return Number(process.hrtime.bigint() - started) / 1e6
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

try {
  const contract = JSON.parse(readFileSync(join(root, 'dist', 'openapi', 'bailo-v2.json'), 'utf8'))
  const [client, specification] = [join(directory, 'client.py'), join(directory, 'specification.json')]
  writeFileSync(client, writeClient(contract))
  writeFileSync(specification, JSON.stringify(contract))
  const cases = {
    'node -e 0': ['-e', '0'],
    'openapi lint': [binary, 'openapi', 'lint', '--client', client, '--spec', specification, '--fail-on', 'never'],
    '--version': [binary, '--version'],
    '--help': [binary, '--help'],
  }
  const times = new Map(Object.keys(cases).map((name) => [name, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, args] of Object.entries(cases)) {
      const ms = measureMs(args)
      if (round >= 0) times.get(name).push(ms)
    }
  }
  const base = median(times.get('node -e 0'))
  const rows = [...times].map(([name, values]) => ({ name, ms: median(values), ratio: median(values) / base }))
  console.log(`Node.js ${process.version}, ${cpus().length} cores, ${ROUNDS} rounds, medians`)
  for (const { name, ms, ratio } of rows)
    console.log(`${name.padEnd(14)} ${ms.toFixed(0).padStart(6)} ms  ${ratio.toFixed(2)} times`)
  const output = process.argv.indexOf('--json')
  if (output > 0)
    writeFileSync(process.argv[output + 1], `${JSON.stringify({ node: process.version, rows }, undefined, 2)}\n`)
} finally {
  rmSync(directory, { recursive: true })
}
