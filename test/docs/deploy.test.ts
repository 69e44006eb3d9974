import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from '../commands/cli.js'
import { environmentOf } from '../commands/failures.js'
import { callApi, describeModel } from '../commands/read-instance.js'
import { fillSourceModel } from '../support/source-model.js'

const DEPLOY = path.resolve(import.meta.dirname, '../../deploy')

interface Job {
  readonly spec: {
    readonly completions: number
    readonly completionMode: string
    readonly backoffLimitPerIndex: number
    readonly podFailurePolicy: {
      readonly rules: readonly { readonly onExitCodes?: { readonly containerName: string } }[]
    }
    readonly template: {
      readonly spec: {
        readonly restartPolicy: string
        readonly containers: readonly [
          {
            readonly name: string
            readonly args: readonly string[]
            readonly env: readonly { readonly name: string; readonly value?: string }[]
          },
        ]
      }
    }
  }
}

let job: Job
let sandbox: Sandbox
let directory: string

beforeAll(async () => {
  job = parse(await readFile(path.join(DEPLOY, 'kubernetes-indexed-job.yaml'), 'utf8')) as Job
  sandbox = await startSandbox()
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-deploy-'))
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

describe('kubernetes-indexed-job.yaml', () => {
  it('has what limits per index and failure policies ask for, or else it would be refused (API of batch/v1)', () => {
    const { completionMode, template, podFailurePolicy } = job.spec
    expect({ completionMode, restartPolicy: template.spec.restartPolicy }).toEqual({
      completionMode: 'Indexed',
      restartPolicy: 'Never',
    })
    const named = podFailurePolicy.rules.flatMap(({ onExitCodes }) => onExitCodes?.containerName ?? [])
    expect(named).toEqual([template.spec.containers[0].name])
  })

  it('has pods that make one copy together, whose reports can be joined', async () => {
    const [{ args, env }] = job.spec.template.spec.containers
    const from = await fillSourceModel(sandbox)
    const { model } = await callApi<{ model: { id: string } }>(sandbox, 'POST', '/api/v2/models', {
      name: 'Copy',
      kind: 'model',
      description: 'What is made.',
      visibility: 'public',
    })
    const indexes = Array.from({ length: job.spec.completions }, (_, index) => String(index))
    const inPlace = (text: string, index: string): string =>
      text
        .replaceAll('$(JOB_COMPLETION_INDEX)', index)
        .replace('/work', directory)
        .replace('my-model-ab12cd', from)
        .replace('my-copy-ef34gh', model.id)
    const runPod = (index: string) => {
      const values = env.map(({ name, value }) => [name, value === undefined ? index : inPlace(value, index)] as const)
      const options = { cwd: directory, env: { ...environmentOf(sandbox), ...Object.fromEntries<string>(values) } }
      return runCli(
        args.map((arg) => inPlace(arg, index)),
        options,
      )
    }

    const pods = await Promise.all(indexes.map(runPod))

    for (const { exitCode, stderr } of pods) expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(await describeModel(sandbox, model.id)).toEqual(await describeModel(sandbox, from))
    const reports = indexes.map((index) => `report-${index}.json`)
    const joined = await runCli(['report', 'merge', ...reports, '--report', 'all.json'], { cwd: directory })
    expect(joined).toMatchObject({ exitCode: 0 })
  })
})

describe('Containerfile', () => {
  it('starts what the package installs', async () => {
    const text = await readFile(path.join(DEPLOY, 'Containerfile'), 'utf8')
    const [, program = ''] = /^ENTRYPOINT \["node", "\/app\/node_modules\/bailo-exp\/(.*)"\]$/m.exec(text) ?? []
    const { bin } = JSON.parse(await readFile(path.join(DEPLOY, '../package.json'), 'utf8')) as { bin: object }
    expect(Object.values(bin)).toEqual([program])
  })
})
