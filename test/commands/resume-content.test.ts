import { describe, expect, it } from 'vitest'
import { onRequest, startBench } from './experiment.js'
import { createModel } from './failures.js'
import { callApi, readFiles, readReleases, type Instance } from './read-instance.js'

interface Result {
  readonly target: { readonly modelId: string }
  readonly dataCardId: string
  readonly models: readonly { readonly id: string; readonly name: string; readonly tags: readonly string[] }[]
  readonly revisions: readonly { readonly version: number }[]
  readonly check?: { readonly identical: number }
  readonly findings: readonly unknown[]
}

interface Model {
  readonly id: string
  readonly name: string
  readonly kind: string
}

async function listModels(instance: Instance): Promise<readonly Model[]> {
  return (await callApi<{ models: Model[] }>(instance, 'GET', '/api/v2/models/search')).models
}

async function countVersions(instance: Instance, modelId: string): Promise<number> {
  const path = `/api/v2/model/${modelId}/model-card-revisions`
  return (await callApi<{ modelCardRevisions: unknown[] }>(instance, 'GET', path)).modelCardRevisions.length
}

describe('a killed run is continued by --resume, and ends as one that was not killed', () => {
  it('of many-models-with-tags', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const killed = await bench.run(['many-models-with-tags', '--count', '40', '--concurrency', '4'], {
      onStart: onRequest(sandbox, 'POST /api/v2/models', 'SIGKILL', 7),
    })
    expect(killed.signal).toBe('SIGKILL')
    expect((await listModels(sandbox)).length).toBeLessThan(40)

    const { result, exitCode } = await bench.runJson<Result>(['many-models-with-tags', '--resume', 'last'])

    expect(exitCode).toBe(0)
    const models = await listModels(sandbox)
    expect(models).toHaveLength(40)
    expect(new Set(models.map(({ name }) => name))).toEqual(new Set(result.models.map(({ name }) => name)))
    expect(result.models).toHaveLength(40)
    const other = await bench.runJson<Result>(['many-models-with-tags', '--count', '40'])
    expect(other.result.models.map(({ tags }) => tags)).toEqual(result.models.map(({ tags }) => tags))
  })

  it('of model-card-revisions, also after another with the same cards', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    const args = ['model-card-revisions', '--model', modelId, '--count', '12', '--interval', '50ms']
    expect((await bench.run(args)).exitCode).toBe(0)
    const killed = await bench.run(args, {
      onStart: onRequest(sandbox, 'PUT /api/v2/model/:modelId/model-cards', 'SIGKILL', 12 + 5),
    })
    expect(killed.signal).toBe('SIGKILL')

    const { result, exitCode } = await bench.runJson<Result>(['model-card-revisions', '--resume', 'last'])

    expect(exitCode).toBe(0)
    expect(result.check?.identical).toBe(12)
    expect(result.revisions.map(({ version }) => version)).toEqual(Array.from({ length: 12 }, (_, index) => index + 14))
    expect(await countVersions(sandbox, modelId)).toBe(1 + 12 + 12)
  })

  it.each([
    ['POST /api/v2/models', 1],
    ['POST /api/v2/models', 2],
    ['PUT /api/v2/model/:modelId/model-cards', 1],
    ['POST /api/v2/model/:modelId/files/upload/simple', 1],
    ['POST /api/v2/model/:modelId/releases', 1],
  ])('of long-names, at %s number %i', async (route, count) => {
    const bench = await startBench()
    const { sandbox } = bench
    const killed = await bench.run(['long-names', '--length', '200', '--script', 'cjk'], {
      onStart: onRequest(sandbox, route, 'SIGKILL', count),
    })
    expect(killed.signal).toBe('SIGKILL')

    const { result, exitCode } = await bench.runJson<Result>(['long-names', '--resume', 'last'])

    expect(exitCode).toBe(0)
    expect(result.findings).toEqual([])
    const { modelId } = result.target
    expect((await listModels(sandbox)).map(({ id }) => id).toSorted()).toEqual([modelId, result.dataCardId].toSorted())
    expect(await countVersions(sandbox, modelId)).toBe(2)
    expect(await countVersions(sandbox, result.dataCardId)).toBe(2)
    expect(await readFiles(sandbox, modelId)).toHaveLength(1)
    expect(await readReleases(sandbox, modelId)).toHaveLength(1)
  })
})
