import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { fillSourceModel, SOURCE } from '../support/source-model.js'
import { runCli, type CliResult } from '../commands/cli.js'
import { describeModel, readFiles } from '../commands/read-instance.js'

const SEED = 'kill 1'
/** Runs that are killed again and again, and how often each. */
const RUNS = 5
const KILLS_PER_RUN = 6
/** Requests that change something, between two kills at most: an undisturbed run makes about 90 of them. */
const MAX_REQUESTS_BETWEEN = 18

let sandbox: Sandbox
let source: string
let directory: string

beforeAll(async () => {
  sandbox = await startSandbox()
  source = await fillSourceModel(sandbox)
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-kill-'))
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

/** A number from 1 to `max` that depends on the seed and the place only. */
function draw(place: string, max: number): number {
  return 1 + (createHash('sha256').update(`${SEED} ${place}`).digest().readUInt32BE() % max)
}

/** Requests that have changed something, or are about to. */
function countEffects(): number {
  // A refusal changes nothing: versions are asked about by releases that cannot be made.
  return sandbox.requests.filter(({ method, status }) => !['GET', 'HEAD'].includes(method) && status !== 400).length
}

interface Place {
  readonly cwd: string
  readonly stateDir: string
}

async function preparePlace(name: string): Promise<Place> {
  const cwd = await mkdtemp(join(directory, `${name}-`))
  const { url, accessKey, secretKey } = sandbox
  await writeFile(join(cwd, '.local.env'), `URL=${url}\nACCESS_KEY=${accessKey}\nSECRET_KEY=${secretKey}\n`)
  return { cwd, stateDir: join(cwd, 'state') }
}

/** Runs `clone-releases`, and kills it at the given number of changing requests unless it ends before that. */
async function clone({ cwd, stateDir }: Place, args: readonly string[], killAfter = Infinity): Promise<CliResult> {
  const before = countEffects()
  return runCli(['clone-releases', ...args, '--json', '--state-dir', stateDir], {
    cwd,
    onStart: (child) => {
      const watch = setInterval(() => {
        if (child.exitCode !== null || child.signalCode !== null) clearInterval(watch)
        else if (countEffects() - before >= killAfter) child.kill('SIGKILL')
      }, 1)
    },
  })
}

interface Result {
  readonly destination: { readonly modelId: string }
  readonly run: { readonly id: string }
  readonly comparison: { readonly differences: readonly unknown[] }
}

/** All that tells a copy from another, but for ids and order of files. */
async function describeCopy(modelId: string) {
  const files = await readFiles(sandbox, modelId)
  const { releases, images } = await describeModel(sandbox, modelId)
  return {
    releases: releases.map((release) => ({
      ...release,
      files: release.files.map((file) => JSON.stringify(file)).sort(),
    })),
    images,
    // Also those in no release, and those whose upload never finished.
    files: files.map(({ name, size }) => `${name} ${size}`).sort(),
  }
}

describe('a run that is killed again and again', () => {
  let undisturbed: Awaited<ReturnType<typeof describeCopy>>

  beforeAll(async () => {
    const { stdout, exitCode } = await clone(await preparePlace('whole'), ['--from', source])
    expect(exitCode).toBe(0)
    undisturbed = await describeCopy((JSON.parse(stdout) as Result).destination.modelId)
    expect(undisturbed.releases).toHaveLength(SOURCE.releases)
    expect(undisturbed.files).toHaveLength(SOURCE.files)
    expect(Object.keys(undisturbed.images)).toHaveLength(SOURCE.images)
  })

  it.each(Array.from({ length: RUNS }, (_, index) => index))(
    'ends as if nothing had happened (run %d)',
    async (index) => {
      const place = await preparePlace(`run-${index}`)
      const flags = ['--from', source, '--concurrency', String(1 + 3 * index)]
      if (index % 2 === 1) flags.push('--multipart', 'always')
      let kills = 0
      let result: CliResult | undefined
      while (kills < KILLS_PER_RUN) {
        const moment = draw(`${index} ${kills}`, MAX_REQUESTS_BETWEEN)
        const [journal] = await readdir(place.stateDir).catch(() => [])
        result = await clone(place, journal === undefined ? flags : ['--resume', 'last'], moment)
        if (result.signal !== 'SIGKILL') break
        kills++
      }
      expect(kills).toBe(KILLS_PER_RUN)

      const { stdout, stderr, exitCode } = await clone(place, ['--resume', 'last'])

      expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
      const { destination, run, comparison } = JSON.parse(stdout) as Result
      expect(comparison.differences).toEqual([])
      expect(await describeCopy(destination.modelId)).toEqual(undisturbed)
      expect(await readdir(place.stateDir)).toEqual([`${run.id}.jsonl`])
    },
    180_000,
  )
})
