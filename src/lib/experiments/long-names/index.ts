import { getLatestCard, putCard } from '../../api/cards.js'
import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import { createModel, hasModelCard, setUpModelCard } from '../../api/models.js'
import { createRelease, listReleases } from '../../api/releases.js'
import { chooseSchema } from '../../api/schemas.js'
import { searchModels } from '../../api/search-models.js'
import { uploadFile } from '../../api/upload.js'
import type { Settings } from '../../config/settings.js'
import type { Script } from '../../content/long-word.js'
import { saysTheSame } from '../../content/schema-values/index.js'
import { syntheticSource } from '../../content/sources.js'
import type { Run } from '../../run/run.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import { forEachInRun } from '../for-each.js'
import type { ExperimentResult } from '../result.js'
import { withInstance } from '../with-instance.js'
import { checkStored, type MadeThings } from './check.js'
import { measureTexts, planLongNames, type LongEntry, type LongNamesPlan, type LongText } from './plan.js'

export interface LongNamesOptions {
  readonly settings: Settings
  /** Of names and texts, in characters. */
  readonly length: number
  /** Of the file's name, in bytes. */
  readonly fileNameBytes: number
  readonly script: Script
  readonly seed: string
  readonly keepGoing: boolean
}

/** What `long-names --json` prints. */
export interface LongNamesResult extends ExperimentResult {
  readonly experiment: 'long-names'
  readonly script: Script
  /** Empty while it is not made. */
  readonly dataCardId: string
  readonly texts: readonly LongText[]
  /** The texts by which the things are found. */
  readonly names: { readonly model: string; readonly file: string; readonly semver: string; readonly dataCard: string }
  /** Whether the name of the file was too long for an address. */
  readonly isFileInParts: boolean
  /** Whether what is stored was compared with what was sent: not in a dry run, nor when the run was stopped. */
  readonly isCompared: boolean
}

/**
 * Makes a model with a card, a file and a release, and a data card with its card, all with long names and texts without a
 * place to break a line, and compares what is stored with what was sent.
 *
 * @throws UsageError when the texts make a request that Bailo does not take; ResponseError and ConnectionError when the
 *   instance cannot be read
 */
export async function longNames(context: ExperimentContext, options: LongNamesOptions): Promise<LongNamesResult> {
  return withInstance(context, options.settings, async (instance) => {
    const { run, version } = context
    const { script, seed } = options
    const schemas = {
      model: await chooseSchema(instance, 'model'),
      dataCard: await chooseSchema(instance, 'dataCard'),
    }
    const plan = planLongNames(options, schemas, run.id)
    run.expect({ steps: 8, bytes: plan.file.sizeBytes })
    let made: MadeThings = {}
    const note = (more: MadeThings): void => {
      made = { ...made, ...more }
    }
    const chains = [() => makeModel(run, instance, plan, seed, note), () => makeDataCard(run, instance, plan, note)]
    await forEachInRun(run, chains, options, (chain) => chain())
    const result = {
      experiment: 'long-names' as const,
      version,
      seed,
      script,
      target: { url: instance.origin, modelId: made.modelId ?? '', isNew: made.modelId !== undefined },
      dataCardId: made.dataCardId ?? '',
      texts: measureTexts(plan),
      names: {
        model: plan.model.name,
        file: plan.file.name,
        semver: plan.release.semver,
        dataCard: plan.dataCard.name,
      },
      isFileInParts: plan.file.isInParts,
    }
    let isCompared = false
    const findings = await checkAtEnd(run, async () => {
      const differences = await checkStored(instance, plan, made)
      isCompared = true
      return differences
    })
    return { ...result, isCompared, findings, run: run.report() }
  })
}

async function makeModel(
  run: Run,
  instance: Instance,
  plan: LongNamesPlan,
  seed: string,
  note: (made: MadeThings) => void,
): Promise<void> {
  const modelId = await makeEntry(run, instance, plan.model)
  note({ modelId })
  await makeCard(run, instance, modelId, plan.model, 'of the model')
  note({ hasCard: true })
  const fileId = await makeFile(run, instance, modelId, plan, seed)
  note({ fileId })
  await makeRelease(run, instance, modelId, plan, fileId)
  note({ hasRelease: true })
}

async function makeDataCard(
  run: Run,
  instance: Instance,
  plan: LongNamesPlan,
  note: (made: MadeThings) => void,
): Promise<void> {
  const dataCardId = await makeEntry(run, instance, plan.dataCard)
  note({ dataCardId })
  await makeCard(run, instance, dataCardId, plan.dataCard, 'of the data card')
  note({ hasDataCardCard: true })
}

function makeEntry(run: Run, instance: Instance, { kind, name, description, tag }: LongEntry): Promise<string> {
  const { origin } = instance
  return run.step(
    {
      kind,
      name: 'with long names',
      planned: `new-${kind}`,
      find: async () =>
        (await searchModels(instance, { search: run.id, titleOnly: true })).find((model) => model.name === name)?.id,
      created: (modelId) => ({ type: 'model', origin, modelId, name }),
    },
    async () => (await createModel(instance, name, description, { kind, tags: [tag] })).id,
  )
}

async function makeCard(
  run: Run,
  instance: Instance,
  modelId: string,
  { schemaId, metadata }: LongEntry,
  name: string,
): Promise<void> {
  await run.step(
    {
      kind: 'card',
      name,
      planned: schemaId,
      find: async () => ((await hasModelCard(instance, modelId)) ? schemaId : undefined),
    },
    () => setUpModelCard(instance, modelId, schemaId),
  )
  const find = async (): Promise<number | undefined> => {
    const latest = await getLatestCard(instance, modelId)
    return latest !== undefined && saysTheSame(latest.metadata, metadata) ? latest.version : undefined
  }
  await run.step({ kind: 'texts', name, planned: 0, find }, () => putCard(instance, modelId, metadata))
}

function makeFile(
  run: Run,
  instance: Instance,
  modelId: string,
  { file }: LongNamesPlan,
  seed: string,
): Promise<string> {
  const { name, sizeBytes, isInParts } = file
  const { origin } = instance
  return run.step(
    {
      kind: 'file',
      name: 'with a long name',
      bytes: sizeBytes,
      planned: 'new-file',
      find: async () =>
        (await listFiles(instance, modelId)).find((one) => one.name === name && one.size === sizeBytes)?._id,
      created: (fileId) => ({ type: 'file', origin, modelId, fileId, name, sizeBytes }),
    },
    async ({ signal, onBytes }) => {
      const source = syntheticSource({ sizeBytes, fill: 'noise', seed, name })
      const multipart = isInParts ? 'always' : 'never'
      return (await uploadFile(instance, { modelId, name, source }, { multipart, signal, onBytes }))._id
    },
  )
}

async function makeRelease(
  run: Run,
  instance: Instance,
  modelId: string,
  { release }: LongNamesPlan,
  fileId: string,
): Promise<void> {
  const { semver } = release
  const { origin } = instance
  await run.step(
    {
      kind: 'release',
      name: 'with long notes',
      planned: semver,
      find: async () => (await listReleases(instance, modelId)).find((one) => one.semver === semver)?.semver,
      created: (stored) => ({ type: 'release', origin, modelId, semver: stored }),
    },
    () => createRelease(instance, modelId, { ...release, minor: false, draft: false, fileIds: [fileId], images: [] }),
  )
}
