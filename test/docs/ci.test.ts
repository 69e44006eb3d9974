import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { environmentOf, listModels } from '../commands/failures.js'
import { callApi } from '../commands/read-instance.js'
import { clearFaults, setFaults } from '../support/faults.js'
import { parseXml } from '../support/parse-xml.js'
import {
  GitHub,
  GitLab,
  INSTALL,
  Machine,
  parsePipeline,
  SUMMARY,
  type FinishedJob,
  type Workflow,
} from './ci-runner.js'
import { findCodeBlocks, readDoc } from './read-doc.js'

const doc = await readDoc('ci.md')
const blocks = findCodeBlocks(doc)
const commands = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.trim().split('\n'))

/** The files of the text, by the names that their first lines say. */
const files = Object.fromEntries(
  blocks
    .filter(({ language }) => language === 'yaml')
    .map(({ text }) => [/^# (\S+)\n/.exec(text)?.[1] ?? '', text] as const),
)
const WORKFLOW = '.github/workflows/bailo.yml'
const PIPELINE = '.gitlab-ci.yml'
const LINT_SETTINGS = 'bailo-exp.lint.yaml'

/** For what takes a dozen processes. */
const TIME_LIMIT_MS = 180_000

const RESUME = 'BAILO_EXP_STATE_DIR=state bailo-exp many-models-with-tags --resume last'

/** What somebody has in a repository who uses these files; the client sends a parameter that there is not. */
const REPOSITORY = {
  [LINT_SETTINGS]: files[LINT_SETTINGS] ?? '',
  'client.py': `class Client:
    def find_models(self, text):
        return self.agent.get(f"{self.url}/v2/models/search", params={"search": text, "colour": "blue"}).json()
`,
  'test-client.sh': 'curl -sfu "$ACCESS_KEY:$SECRET_KEY" "$URL/api/v2/models/search" > models.json\necho "$URL"\n',
}

const workflow = parse(files[WORKFLOW] ?? '') as Workflow

let directory: string
let sandbox: Sandbox

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-ci-'))
  sandbox = await startSandbox()
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

/** A machine on which the command is installed. */
async function startMachine(environment: Readonly<Record<string, string>>): Promise<Machine> {
  const machine = await Machine.start(directory, 'sh', { ...environmentOf(sandbox), ...environment })
  await machine.run(INSTALL)
  return machine
}

/** The names of the models that many-models-with-tags has made, those that are there twice twice. */
async function listMadeModels(): Promise<string[]> {
  const search = '/api/v2/models/search?search=Many-Models'
  return (await callApi<{ models: { name: string }[] }>(sandbox, 'GET', search)).models.map(({ name }) => name)
}

/** Checks that there are so many more models than before, and none of them twice. */
async function expectMadeModels(count: number, before: readonly string[]): Promise<void> {
  const names = await listMadeModels()
  expect(names).toHaveLength(before.length + count)
  expect(new Set(names).size).toBe(names.length)
}

const outputOf = ({ lines }: FinishedJob): string => lines.map(({ stdout }) => stdout).join('')

/** The one job of those that are alike, where there are no others. */
function onlyOne(jobs: readonly FinishedJob[] = []): FinishedJob {
  expect(jobs).toHaveLength(1)
  return jobs[0] as FinishedJob
}

describe('docs/ci.md', () => {
  it('has no example that is not run here, beside those that need a container engine', async () => {
    const containerfile = await readFile(path.resolve(import.meta.dirname, '../../deploy/Containerfile'), 'utf8')
    const inContainer = [...containerfile.matchAll(/^# {3}(.+)$/gm)].map(([, line]) => line)
    expect(inContainer).toHaveLength(2)
    expect(commands).toEqual([RESUME, ...inContainer])
    expect(Object.keys(files).sort()).toEqual([WORKFLOW, PIPELINE, LINT_SETTINGS].sort())
    expect(blocks).toHaveLength(2 + 3)
  })

  it('has a resumed run that needs nothing of the first job but its journal', async () => {
    const before = await listMadeModels()
    const machine = await startMachine({ BAILO_EXP_STATE_DIR: 'state' })
    await setFaults(sandbox, ['model-create after=3 status=503'])
    const cutOff = await machine.run('bailo-exp many-models-with-tags --count 8 --concurrency 1 --max-retries 0')
    await clearFaults(sandbox)
    expect(cutOff).toMatchObject({ exitCode: 4 })
    await machine.succeed('mkdir kept && mv state/*.jsonl kept && rm -r state && mv kept state')
    await machine.succeed(RESUME)
    await expectMadeModels(8, before)
  })

  it('quotes how errors and notes begin on GitHub', async () => {
    const machine = await startMachine({ GITHUB_ACTIONS: 'true' })
    const failed = await machine.run('bailo-exp cleanup last')
    expect(failed.exitCode).toBe(2)
    const { stderr } = await machine.succeed('bailo-exp openapi lint --fail-on never --output findings.txt')
    for (const [start, said] of [
      ['::error title=bailo-exp::', failed.stderr],
      ['::notice title=bailo-exp::', stderr],
    ] as const) {
      expect(doc).toContain(`\`${start}...\``)
      expect(said.startsWith(start)).toBe(true)
    }
  })
})

describe('the workflow of GitHub Actions', () => {
  let github: GitHub

  beforeAll(async () => {
    const place = path.join(directory, 'github')
    await mkdir(place)
    github = new GitHub(place, workflow, REPOSITORY, {
      'vars.BAILO_URL': sandbox.url,
      'secrets.BAILO_ACCESS_KEY': sandbox.accessKey,
      'secrets.BAILO_SECRET_KEY': sandbox.secretKey,
      'github.run_id': '17',
    })
  })

  it('has what a workflow has to have, and the jobs that are run below', () => {
    expect(Object.keys(workflow)).toEqual(['name', 'on', 'permissions', 'env', 'jobs'])
    expect(Object.keys(workflow.jobs)).toEqual(['lint', 'load', 'fill', 'joined'])
  })

  it('has a job that marks a line of the client, and writes a summary', async () => {
    const job = onlyOne(await github.run('lint'))
    const annotations = outputOf(job).match(/^::.*$/gm) ?? []
    expect(annotations[0]).toMatch(/^::warning file=client\.py,line=3,col=\d+,title=query-parameter-unknown::/)
    expect(annotations).toHaveLength(2)
    const summary = await job.machine.read(SUMMARY)
    expect(summary).toMatch(/^## The check passed\n/)
    expect(summary).toContain('`client.py:3`')
  })

  it('has a load test that reports what it measured, and leaves nothing on the instance', async () => {
    const before = await listModels(sandbox)
    const job = onlyOne(await github.run('load'))
    expect(await job.machine.read(SUMMARY)).toMatch(/concurrent-file-uploads: Passed\n[^]*^\| file \| 48 \| 0 \| 0 \|/m)
    expect(await readdir(github.artifact('load'))).toEqual(['run.html'])
    expect(outputOf(job)).toContain('Removed (49 things):')
    expect(await listModels(sandbox)).toEqual(before)
  })

  it(
    'has shards that make each model once, also when run again, and a report',
    { timeout: TIME_LIMIT_MS },
    async () => {
      const before = await listMadeModels()
      expect(await github.run('fill')).toHaveLength(4)
      await expectMadeModels(40, before)
      await github.run('fill', [2])
      await expectMadeModels(40, before)
      const joined = onlyOne(await github.run('joined'))
      expect(outputOf(joined)).toContain('4 of 4 shards passed.')
      expect(await readdir(github.artifact('all'))).toEqual(['all.html'])
    },
  )
})

describe('the pipeline of GitLab CI', () => {
  const pipeline = parsePipeline(files[PIPELINE] ?? '')
  let before: readonly string[] = []
  let finished: ReadonlyMap<string, readonly FinishedJob[]> = new Map()

  /** As the text says: by the command of the job, with one flag more. */
  async function makeBaseline(): Promise<string> {
    const machine = await startMachine({})
    await machine.write(REPOSITORY)
    await machine.succeed(`${pipeline.jobs['openapi-lint']?.script} --update-baseline`)
    return machine.read('lint-baseline.json')
  }

  const find = (name: string): FinishedJob => onlyOne(finished.get(name))

  it('has jobs that all end with 0', { timeout: TIME_LIMIT_MS }, async () => {
    const place = path.join(directory, 'gitlab')
    await mkdir(place)
    before = await listModels(sandbox)
    const repository = { ...REPOSITORY, 'lint-baseline.json': await makeBaseline() }
    const environment = { ...environmentOf(sandbox), GITLAB_CI: 'true', CI_PIPELINE_ID: '18' }
    finished = await new GitLab(place, pipeline, repository, environment).run()
    expect([...finished.keys()]).toEqual(['openapi-lint', 'client-test', 'rehearsal', 'fill', 'joined'])
    expect([...finished.keys()]).toEqual(Object.keys(pipeline.jobs))
  })

  it.each(['openapi-lint', 'rehearsal'])('has a JUnit report without failures of %s', async (name) => {
    const xml = await find(name).machine.read(pipeline.jobs[name]?.artifacts?.reports?.junit ?? '')
    const [suites] = parseXml(xml)
    expect(suites).toMatchObject({ name: 'testsuites', attributes: { failures: '0', errors: '0' } })
  })

  it('tries a client on a sandbox of its own', async () => {
    const job = find('client-test')
    expect(outputOf(job)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/)
    expect(outputOf(job)).not.toContain(sandbox.url)
    expect(await job.machine.read('models.json')).toContain('"id":"harbour-traffic-forecast-')
  })

  it('has shards that make each model once, and a report of all of them', async () => {
    expect(finished.get('fill')).toHaveLength(4)
    expect(await listModels(sandbox)).toHaveLength(before.length + 40)
    await expectMadeModels(0, await listMadeModels())
    expect(outputOf(find('joined'))).toContain('4 of 4 shards passed.')
    expect(await find('joined').machine.read('all.html')).toContain('</html>')
  })
})
