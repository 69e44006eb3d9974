import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportAll, linkMirror, startMirrorPair, writeCard, type MirrorPair } from '../support/mirror-pair.js'
import { runCli, type CliOptions } from './cli.js'
import { environmentOf, expectFailure, expectNoKeys, readError, type Environment } from './failures.js'
import { readReportSchema } from './report-schema.js'

let pair: MirrorPair
let directory: string
let modelId: string
let mirrorId: string

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-mirror-'))
  pair = await startMirrorPair()
  const { source } = pair
  modelId = await source.createModelWithCard()
  mirrorId = await linkMirror(pair, modelId)
  await writeCard(pair, modelId)
  const fileIds = [await source.upload(modelId, 'weights.bin', Buffer.alloc(1000, 1))]
  await source.createRelease(modelId, '1.0.0', { fileIds })
  for (const [name, { sandbox }] of Object.entries({ source, copy: pair.copy })) {
    const lines = Object.entries(environmentOf(sandbox)).map(([key, value]) => `${key}=${value}\n`)
    await writeFile(path.join(directory, `${name}.env`), lines.join(''))
  }
})

afterAll(async () => {
  await pair.close()
  await rm(directory, { recursive: true })
})

const run = (args: readonly string[], env: Environment = {}, more: Partial<CliOptions> = {}) =>
  runCli(args, { cwd: directory, env: { BAILO_EXP_STATE_DIR: path.join(directory, 'state'), ...env }, ...more })

const ENDS = ['--from-env-file', 'source.env', '--to-env-file', 'copy.env']

const countTransfers = async () => (await pair.source.get(`/api/v2/model/${modelId}/transfers`)).body.transfers.length

describe('mirror-export', () => {
  const onSource = () => environmentOf(pair.source.sandbox)

  it('is wrong usage without agreement, for people and for programs', async () => {
    const result = await run(['mirror-export', '--model', modelId, '--json'], onSource())
    expectFailure(result, { exitCode: 2, says: ['agree to its disclaimer, which says', '--agree-to-disclaimer'] })
    expect(readError(result).exitCode).toBe(2)
    expectNoKeys(result, onSource())
  })

  it('ends with 3 for a token without the right, and for an instance that is away', async () => {
    const { accessKey, secretKey } = await pair.source.createToken(['model:read', 'release:read'])
    const env = { ...onSource(), ACCESS_KEY: accessKey, SECRET_KEY: secretKey }
    const args = ['mirror-export', '--model', modelId, '--agree-to-disclaimer']
    const refused = await run(args, env)
    expectFailure(refused, { exitCode: 3, says: ['model:export', 'release:export'] })
    const away = await run(args, { ...env, URL: 'http://127.0.0.1:1' })
    expectFailure(away, { exitCode: 3, says: ['connection refused'] })
  })

  it('goes on following after an interrupt, without another export', async () => {
    const { source } = pair
    const before = await countTransfers().catch(() => 0)
    const args = ['mirror-export', '--model', modelId, '--agree-to-disclaimer', '--interval', '10s']
    source.sandbox.forgetRequests()
    const interrupted = await run(args, onSource(), {
      onStart: (child) => {
        // The second listing is the first look at the transfer: then it waits.
        const watch = setInterval(() => {
          const listings = source.sandbox.requestCounts.get('GET /api/v2/model/:modelId/transfers') ?? 0
          if (listings < 3 && child.exitCode === null) return
          clearInterval(watch)
          child.kill('SIGINT')
        }, 20)
      },
    })
    expect(interrupted.exitCode).toBe(130)
    const resumed = await run(['mirror-export', '--resume', 'last', '--json'], onSource())
    expect(resumed.exitCode).toBe(0)
    const result = JSON.parse(resumed.stdout) as { transfer: { artefacts: { status: string }[] }; run: object }
    expect(result.transfer.artefacts.map(({ status }) => status)).toEqual(['completed', 'completed'])
    expect(result.run).toMatchObject({ steps: [{ kind: 'export', done: 0, skipped: 1 }] })
    expect(await countTransfers()).toBe(before + 1)
  })
})

describe('mirror-check', () => {
  it('ends with 0 when all is there, and with 1 and a list when it is not', async () => {
    await exportAll(pair, modelId, ['1.0.0'])
    const good = await run(['mirror-check', '--from', modelId, ...ENDS])
    expect({ exitCode: good.exitCode, stderr: good.stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(good.stdout).toContain('The same in the copy as in the source: 1 card version, 1 release')

    await pair.source.createRelease(modelId, '2.0.0')
    const bad = await run(['mirror-check', '--from', modelId, ...ENDS, '--json'])
    expect(bad.exitCode).toBe(1)
    const { findings, target } = JSON.parse(bad.stdout) as { findings: unknown[]; target: { modelId: string } }
    expect(findings).toEqual([{ subject: 'release 2.0.0', message: 'is not in the copy' }])
    expect(target.modelId).toBe(mirrorId)
    expect(bad.stderr).toContain('Error: The copy is not like its source in')
    expectNoKeys(bad, environmentOf(pair.copy.sandbox))
  })

  it('says how to export where nothing was exported yet', async () => {
    const unmirrored = await pair.source.createModelWithCard()
    await linkMirror(pair, unmirrored)
    await pair.source.createRelease(unmirrored, '1.0.0')
    expectFailure(await run(['mirror-check', '--from', unmirrored, ...ENDS, '--no-wait']), {
      exitCode: 1,
      says: [`Try: bailo-exp mirror-export --model ${unmirrored} --agree-to-disclaimer`],
    })
  })

  it('reports how each kind of artefact fared, in the export and in the check', async () => {
    const findErrors = await readReportSchema()
    const report = async (name: string) => {
      const document = JSON.parse(await readFile(path.join(directory, name), 'utf8')) as Record<string, unknown>
      expect(findErrors(document)).toBeUndefined()
      return document['experiment']
    }
    const exporting = ['mirror-export', '--model', modelId, '--agree-to-disclaimer', '--interval', '50ms']
    const onSource = environmentOf(pair.source.sandbox)
    const exported = await run([...exporting, '--report', 'export.json', '--report', 'export.html'], onSource)
    expect({ exitCode: exported.exitCode, stderr: exported.stderr }).toMatchObject({ exitCode: 0 })
    const ended = { failed: 0, denied: 0, open: 0 }
    expect(await report('export.json')).toMatchObject({
      type: 'mirroring',
      intervalMs: 50,
      transfers: [
        {
          direction: 'export',
          kinds: [
            { kind: 'documents', completed: 1, ...ended },
            { kind: 'file', completed: 1, ...ended },
          ],
        },
      ],
    })
    expect(await readFile(path.join(directory, 'export.html'), 'utf8')).toContain('Export from the source')

    const checked = await run(['mirror-check', '--from', modelId, ...ENDS, '--report', 'c.json', '--report', 'c.md'])
    expect({ exitCode: checked.exitCode, stderr: checked.stderr }).toMatchObject({ exitCode: 0 })
    expect(await report('c.json')).toMatchObject({
      transfers: [{ direction: 'export' }, { direction: 'import' }],
      compared: { cards: 1, releases: 2, files: 1, images: 0 },
    })
    const summary = await readFile(path.join(directory, 'c.md'), 'utf8')
    expect(summary).toContain('### Import into the copy')
    expect(summary).toContain('### Comparison with the source')
  })

  it('is wrong usage for a model that is not there', async () => {
    const result = await run(['mirror-check', '--from', 'nope-ab12cd', ...ENDS])
    expectFailure(result, { exitCode: 2, says: ['answered 404', pair.source.sandbox.url] })
  })
})

describe('sandbox --mirror-to', () => {
  it('names the flag for a file that is not there', async () => {
    const result = await run(['sandbox', '--mirror-to', 'absent.env'])
    expectFailure(result, { exitCode: 2, says: ['it does not exist', 'name an existing file with --mirror-to'] })
  })

  it('refuses what is not on this machine', async () => {
    await writeFile(path.join(directory, 'far.env'), 'URL=https://bailo.example.com\n')
    const result = await run(['sandbox', '--mirror-to', 'far.env', '--', 'doctor'])
    expectFailure(result, { exitCode: 2, says: ['is not of this machine', 'start another sandbox here'] })
  })
})
