import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BINARY, makeDirectory, runCommand } from '../processes.js'
import { medianOf, takeTurns, times } from '../rounds.js'

/** A start is over so soon that chance has more of a say. */
const ROUNDS_FACTOR = 3

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

/** Whole processes, from start to end. */
export async function measure({ rounds }) {
  const directory = makeDirectory()
  const contract = JSON.parse(readFileSync(join(BINARY, '..', '..', 'dist', 'openapi', 'bailo-v2.json'), 'utf8'))
  const [client, specification] = [join(directory, 'client.py'), join(directory, 'specification.json')]
  writeFileSync(client, writeClient(contract))
  writeFileSync(specification, JSON.stringify(contract))
  const run = (...args) => runCommand(process.execPath, args, { cwd: directory })
  const lint = ['openapi', 'lint', '--client', client, '--spec', specification, '--fail-on', 'never']
  const samples = await takeTurns(rounds * ROUNDS_FACTOR, {
    'node -e 0': () => run('-e', '0'),
    '--version': () => run(BINARY, '--version'),
    '--help': () => run(BINARY, '--help'),
    'openapi lint': () => run(BINARY, ...lint),
  })
  const base = medianOf(samples['node -e 0'], 'ms')
  const rowOf = (name, what, limit) => {
    const ratio = medianOf(samples[name], 'ms') / base
    return {
      what,
      comparedWith: 'node -e 0',
      measured: times(ratio),
      target: limit === undefined ? 'none' : `at most ${limit}`,
      ...(limit !== undefined && { isMet: ratio <= limit }),
      details: { ms: samples[name].map(({ ms }) => ms), baseMs: samples['node -e 0'].map(({ ms }) => ms) },
    }
  }
  return [
    rowOf('--version', 'bailo-exp --version', 2.0),
    rowOf('--help', 'bailo-exp --help', 2.6),
    rowOf('openapi lint', 'bailo-exp openapi lint, a client of 1,200 lines'),
  ]
}
