import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { callApi, readFiles, readReleases } from './read-instance.js'
import { changesSince, startBench, upload, type Bench } from './experiment.js'
import { createModel, environmentOf, expectFailure, listModels } from './failures.js'
import { hasTerminals, renderScreen, runAtTerminal } from './terminal.js'
import { fillSourceModel } from '../support/source-model.js'
import { setFaults, clearFaults } from '../support/faults.js'

interface Result {
  readonly destination: { readonly modelId: string }
  readonly run: { readonly id: string }
}

interface CleanupResult {
  readonly runId: string
  readonly confirmation: string
  readonly removed: string[]
  readonly gone: string[]
  readonly kept: { what: string; reason: string }[]
  readonly spentVersions: { modelId: string; semvers: string[] }[]
  readonly clearedKeys: { file: string; key: string; modelId: string }[]
  readonly staleKeys: { key: string; modelId: string }[]
  readonly findings: unknown[]
}

const STATE = ['--state-dir', 'state']

/** Copies the first releases of a source model, to a new model or an existing one. */
async function makeCopy(bench: Bench, ...flags: string[]): Promise<{ id: string; modelId: string }> {
  const source = await fillSourceModel(bench.sandbox)
  const range = ['--semver', '<1.5.0']
  const { result, exitCode } = await bench.runJson<Result>([
    'clone-releases',
    '--from',
    source,
    ...range,
    ...flags,
    ...STATE,
  ])
  expect(exitCode).toBe(0)
  return { id: result.run.id, modelId: result.destination.modelId }
}

const cleanUp = (bench: Bench, ...args: string[]) => bench.runJson<CleanupResult>(['cleanup', ...args, ...STATE])

describe('cleanup', () => {
  it('removes a model that the run made with all that is in it, and then finds nothing left to do', async () => {
    const bench = await startBench()
    const { id, modelId } = await makeCopy(bench)
    const before = (await listModels(bench.sandbox)).filter((model) => model !== modelId)

    const { result, exitCode } = await cleanUp(bench, 'last', '--confirm', id)

    expect(exitCode).toBe(0)
    expect(result.runId).toBe(id)
    expect(result.removed).toHaveLength(5 + 9 + 2 + 1)
    expect(result.removed.at(-1)).toBe(`model ${modelId}`)
    expect(result.removed[0]).toMatch(/^release 1\.4\.0 of /)
    const key = 'CLONE_RELEASES_DESTINATION_MODEL_ID'
    expect(result.clearedKeys).toMatchObject([{ key, modelId }])
    expect(result.staleKeys).toEqual([])
    expect(await readFile(path.join(bench.directory, result.clearedKeys[0]?.file ?? ''), 'utf8')).toMatch(
      new RegExp(`^${key}=$`, 'm'),
    )
    expect(result.spentVersions).toEqual([])
    expect(await listModels(bench.sandbox)).toEqual(before)

    const mark = bench.sandbox.requests.length
    const again = await bench.run(['cleanup', id, ...STATE])
    expect(again.exitCode).toBe(0)
    expect(again.stdout).toContain('nothing is left of what it made')
    expect(changesSince(bench.sandbox, mark)).toEqual([])
    expectFailure(await bench.run(['clone-releases', '--resume', id, ...STATE]), {
      exitCode: 2,
      says: ['was removed by cleanup'],
    })
  })

  it('removes only what the run made from a model that was there, and says which versions are spent', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const own = await upload(bench.sandbox, to, 'own.bin', 9)
    const body = { semver: '9.0.0', notes: 'n', fileIds: [own], images: [] }
    await callApi(bench.sandbox, 'POST', `/api/v2/model/${to}/releases`, body)
    const { id } = await makeCopy(bench, '--to', to)

    const { result, exitCode } = await cleanUp(bench, id, '--confirm', id)

    expect(exitCode).toBe(0)
    expect(result.spentVersions).toEqual([{ modelId: to, semvers: ['1.4.0', '1.3.0', '1.2.0', '1.1.0', '1.0.0'] }])
    expect((await readReleases(bench.sandbox, to)).map(({ semver }) => semver)).toEqual(['9.0.0'])
    expect((await readFiles(bench.sandbox, to)).map(({ name }) => name)).toEqual(['own.bin'])
    const { images } = await callApi<{ images: { tags: string[] }[] }>(
      bench.sandbox,
      'GET',
      `/api/v2/model/${to}/images`,
    )
    expect(images.flatMap(({ tags }) => tags)).toEqual([])
  })

  it('keeps what was changed, what is used by something that stays, and the model with foreign things', async () => {
    const bench = await startBench()
    const { id, modelId } = await makeCopy(bench)
    const copy = await readReleases(bench.sandbox, modelId)
    const file = copy[1]?.files.find(({ name }) => name === 'file-1.bin')
    const path = `/api/v2/model/${modelId}`
    const image = copy[0]?.images.map(({ repository, name, tag }) => ({ repository, name, tag }))
    const foreign = { semver: '7.0.0', notes: 'mine', fileIds: [file?._id], images: image }
    await callApi(bench.sandbox, 'POST', `${path}/releases`, foreign)
    const edited = { notes: 'edited', fileIds: copy[3]?.fileIds, images: [], modelCardVersion: 1 }
    await callApi(bench.sandbox, 'PUT', `${path}/release/1.3.0`, edited)

    const planned = await cleanUp(bench, id, '--dry-run')
    expect(await readReleases(bench.sandbox, modelId)).toHaveLength(6)
    const { result, exitCode, stderr } = await cleanUp(bench, id, '--confirm', id)

    expect(exitCode).toBe(1)
    expect([planned.result.confirmation, result.confirmation]).toEqual(['not-asked', 'given'])
    expect(stderr).toContain('Not everything was removed')
    expect(result.kept).toEqual(planned.result.kept)
    expect(result.removed.toSorted()).toEqual(planned.result.removed.toSorted())
    const kept = result.kept.map(({ what, reason }) => `${what.replace(/ [0-9a-f]{24}/, '')}: ${reason}`)
    expect(kept.toSorted()).toEqual(
      [
        `release 1.3.0 of ${modelId}: was changed after the run had made it`,
        `file "file-1.bin" of ${modelId}: is in the release 7.0.0, which stays`,
        `file "file-3.bin" of ${modelId}: is in the release 1.3.0, which stays`,
        `file "shared.bin" of ${modelId}: is in the release 1.3.0, which stays`,
        `image server:v0 of ${modelId}: is in the release 7.0.0, which stays`,
        `model ${modelId}: has 1 release that the run did not make`,
      ].toSorted(),
    )
    expect((await readReleases(bench.sandbox, modelId)).map(({ semver }) => semver)).toEqual(['1.3.0', '7.0.0'])
    expect((await readFiles(bench.sandbox, modelId)).map(({ name }) => name).sort()).toEqual([
      'file-1.bin',
      'file-3.bin',
      'shared.bin',
    ])
  })

  it('removes nothing that is not confirmed', async () => {
    const bench = await startBench()
    const { id } = await makeCopy(bench, '--no-images')
    const mark = bench.sandbox.requests.length
    expectFailure(await bench.run(['cleanup', 'last', ...STATE]), {
      exitCode: 2,
      says: ['nothing confirms it', `Try: --confirm ${id}`],
    })
    expectFailure(await bench.run(['cleanup', 'last', '--confirm', 'other', ...STATE]), {
      exitCode: 2,
      says: ['--confirm names "other"'],
    })
    expectFailure(await bench.run(['cleanup', 'last', '--url', 'http://127.0.0.1:1', '--confirm', id, ...STATE]), {
      exitCode: 2,
      says: [`made things at ${bench.sandbox.url}`],
    })
    expectFailure(await bench.run(['cleanup', '22222222', ...STATE]), { exitCode: 2, says: ['There is no run'] })
    expect(changesSince(bench.sandbox, mark)).toEqual([])
  })

  it.skipIf(!hasTerminals).each([
    ['another name', 'no\n', 1, 'Nothing was removed from http'],
    ['Ctrl-C', '\u0003', 130, 'Nothing was removed: SIGINT came'],
  ])('removes nothing on %s at a terminal, and says so once', async (_what, typed, exitCode, says) => {
    const bench = await startBench()
    const { id, modelId } = await makeCopy(bench, '--no-images')
    const env = { ...environmentOf(bench.sandbox), NO_COLOR: '1' }
    const state = ['--state-dir', path.join(bench.directory, 'state')]
    const options = { env, prompt: 'to leave it: ', typed }
    const ended = await runAtTerminal(['cleanup', id, ...state, '--url', bench.sandbox.url], options)
    expect(ended.exitCode).toBe(exitCode)
    const screen = (await renderScreen(ended.output)).join('\n')
    expect(screen).toContain(says)
    expect(screen).toContain(`Try: --confirm ${id}, which removes without asking`)
    expect(screen.split(`model ${modelId}`)).toHaveLength(2)
    expect(screen).not.toMatch(/Cleanup of|under way is done|does the rest/)
    expect(await listModels(bench.sandbox)).toContain(modelId)
  })

  it('goes on where answers were lost or something failed', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const { id } = await makeCopy(bench, '--to', to, '--no-images')
    const route = 'DELETE /api/v2/model/*/file/*'
    await setFaults(bench.sandbox, [`${route} x2 lost`, `${route} after=2 x1 status=500`])

    const first = await cleanUp(bench, id, '--confirm', id)
    await clearFaults(bench.sandbox)
    const second = await cleanUp(bench, id, '--confirm', id)

    expect(first.exitCode).toBe(4)
    expect(first.result.removed).toHaveLength(5 + 8)
    expect(second.exitCode).toBe(0)
    expect(second.result.removed).toHaveLength(1)
    expect(await readFiles(bench.sandbox, to)).toEqual([])
  })
})
