import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect, type Instance } from '../../src/lib/api/instance.js'
import { listReleases } from '../../src/lib/api/releases.js'
import { Credentials } from '../../src/lib/config/credentials.js'
import { ReleaseMaker } from '../../src/lib/experiments/make-releases.js'
import { Run, type Step } from '../../src/lib/run/run.js'
import { DEFAULT_RETRY_POLICY } from '../../src/lib/http/retry.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { upload } from '../commands/experiment.js'
import { createModel, createRelease } from '../commands/failures.js'
import { callApi, readReleases } from '../commands/read-instance.js'
import { clearFaults, readFaults, setFaults } from '../support/faults.js'

let sandbox: Sandbox
let instance: Instance
let modelId: string

beforeEach(async () => {
  sandbox = await startSandbox()
  const credentials = new Credentials(sandbox.url, sandbox.accessKey, sandbox.secretKey)
  instance = connect({ origin: sandbox.url, credentials }, { userAgent: 'test' })
  modelId = await createModel(sandbox)
})

afterEach(async () => {
  await instance.connection.close()
  await sandbox.close()
})

async function makerOf(bump: 'major' | 'minor' | 'patch' = 'minor', run = newRun()): Promise<ReleaseMaker> {
  return new ReleaseMaker(run, instance, { modelId, listed: await listReleases(instance, modelId), bump })
}

function newRun(isDryRun = false): Run {
  return new Run({ concurrency: 4, isDryRun })
}

function release(name: string) {
  return { name, notes: `Notes of ${name}`, fileIds: [], images: [] }
}

async function deleteRelease(semver: string): Promise<void> {
  await createRelease(sandbox, modelId, semver)
  await callApi(sandbox, 'DELETE', `/api/v2/model/${modelId}/release/${semver}`)
}

/** A run whose steps have lost their answers: each is looked for instead of made. */
class LookingRun extends Run {
  override async step<T>(step: Step<T>): Promise<T> {
    return (await step.find?.({ notes: [], round: {}, signal: this.signal })) ?? step.planned
  }
}

describe('what looks for a step whose answer was lost', () => {
  const run = new LookingRun({ concurrency: 1, isDryRun: false })

  it('finds a release by its notes and exactly its files', async () => {
    const [a, b] = [await upload(sandbox, modelId, 'a', 1), await upload(sandbox, modelId, 'b', 2)]
    const wanted = { ...release('ab'), fileIds: [b, a] }
    const maker = await makerOf('minor', run)
    const others = [
      { semver: '1.0.0', notes: 'others', fileIds: [a, b] },
      { semver: '2.0.0', notes: wanted.notes, fileIds: [a] },
    ]
    for (const other of others) {
      await callApi(sandbox, 'POST', `/api/v2/model/${modelId}/releases`, { ...other, images: [] })
    }
    expect(await maker.make(wanted)).toBe('')

    const lost = { semver: '1.5.0', notes: wanted.notes, fileIds: [a, b], images: [] }
    await callApi(sandbox, 'POST', `/api/v2/model/${modelId}/releases`, lost)

    expect(await maker.make(wanted)).toBe('1.5.0')
  })
})

describe('ReleaseMaker', () => {
  it('makes releases with the versions after the highest one', async () => {
    await createRelease(sandbox, modelId, '0.9.0')
    await createRelease(sandbox, modelId, '2.3.0')
    const maker = await makerOf('major')

    const made = [await maker.make(release('a')), await maker.make(release('b'))]

    expect(made).toEqual(['3.0.0', '4.0.0'])
    const releases = await readReleases(sandbox, modelId)
    expect(releases.map(({ semver, notes }) => `${semver} ${notes}`).slice(2)).toEqual([
      '3.0.0 Notes of a',
      '4.0.0 Notes of b',
    ])
    expect(maker.refused).toEqual([])
  })

  it('passes over versions that the model once had, and loses no release over it', async () => {
    for (const semver of ['1.0.0', '1.1.0', '1.3.0']) await deleteRelease(semver)
    const maker = await makerOf()

    const made = [await maker.make(release('a')), await maker.make(release('b'))]

    expect(made).toEqual(['1.2.0', '1.4.0'])
    expect(maker.refused).toEqual(['1.0.0', '1.1.0', '1.3.0'])
  })

  it('passes over versions that somebody else makes meanwhile', async () => {
    const maker = await makerOf()
    await createRelease(sandbox, modelId, '1.0.0')

    expect(await maker.make(release('a'))).toBe('1.1.0')
  })

  it.each([
    ['was not sent', ['release-create x1 reset-request=0']],
    ['lost its answer', ['release-create x1 lost']],
    ['lost its answer and cannot be looked for at first', ['release-create x1 lost', 'release-list x1 status=400']],
  ])('makes one release of the same version when the request %s', async (_what, rules) => {
    const retryPolicy = { ...DEFAULT_RETRY_POLICY, baseDelayMs: 1 }
    const maker = await makerOf('minor', new Run({ concurrency: 1, isDryRun: false, retryPolicy }))
    await setFaults(sandbox, rules)

    const made = [await maker.make(release('a')), await maker.make(release('b'))]

    expect((await readFaults(sandbox)).map(({ hits }) => hits)).toEqual(rules.map(() => 1))
    await clearFaults(sandbox)
    expect(made).toEqual(['1.0.0', '1.1.0'])
    expect((await readReleases(sandbox, modelId)).map(({ semver }) => semver)).toEqual(made)
    expect(maker.refused).toEqual([])
  })

  it('gives no version twice when several are made at the same time', async () => {
    await deleteRelease('1.1.0')
    const maker = await makerOf()

    const made = await Promise.all(['a', 'b', 'c', 'd'].map((name) => maker.make(release(name))))

    expect(new Set(made).size).toBe(4)
    expect((await readReleases(sandbox, modelId)).map(({ semver }) => semver).toSorted()).toEqual(made.toSorted())
  })

  it('fails for every other refusal, with the reason', async () => {
    const maker = await makerOf()
    await expect(maker.make({ ...release('a'), fileIds: ['0'.repeat(24)] })).rejects.toThrow('file cannot be found')
    expect(await readReleases(sandbox, modelId)).toEqual([])
  })

  it('asks for nothing in a dry run', async () => {
    const run = newRun(true)
    const maker = await makerOf('minor', run)
    const asked = sandbox.requests.length
    await maker.make(release('a'))
    expect(run.report().planned).toEqual(['release a'])
    expect(sandbox.requests.length).toBe(asked)
  })
})
