import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { upload } from '../commands/experiment.js'
import { callApi, readFiles, readReleases, type Instance } from '../commands/read-instance.js'

/** What an experiment is tried on: its arguments, and how to tell what it left on the instance. */
export interface Subject {
  readonly args: readonly string[]
  /** What is there once all is made, without ids; the same after a faulty run as after a good one. */
  readonly describe: (modelId: string, runId: string) => Promise<unknown>
}

interface ModelEntry {
  readonly id: string
  readonly name: string
}

/** A model with files, releases and images to copy, made without a fault. */
export interface Source {
  readonly modelId: string
}

/** Releases with their files and images, and files in no release. */
async function describeReleases(instance: Instance, modelId: string): Promise<unknown> {
  const releases = await readReleases(instance, modelId)
  const files = await readFiles(instance, modelId)
  return {
    releases: releases
      .map(({ semver, files, images }) => ({
        semver,
        files: files.map(({ name, size }) => `${name} ${size}`).toSorted(),
        images: images.map(({ name, tag }) => `${name}:${tag}`).toSorted(),
      }))
      .toSorted((a, b) => (a.semver < b.semver ? -1 : 1)),
    files: files.map(({ name, size }) => `${name} ${size}`).toSorted(),
  }
}

async function countModels(instance: Instance, runId: string): Promise<number> {
  const query = new URLSearchParams({ search: runId, titleOnly: 'true' })
  const { models } = await callApi<{ models: ModelEntry[] }>(
    instance,
    'GET',
    `/api/v2/models/search?${query.toString()}`,
  )
  return models.length
}

async function readCards(instance: Instance, modelId: string): Promise<number> {
  const path = `/api/v2/model/${modelId}/model-card-revisions`
  const { modelCardRevisions } = await callApi<{ modelCardRevisions: unknown[] }>(instance, 'GET', path)
  return modelCardRevisions.length
}

/** Names of the run are not part of what is compared. */
function withoutId(described: unknown, runId: string): unknown {
  return JSON.parse(JSON.stringify(described).replaceAll(runId, 'RUN'))
}

/**
 * The experiments, each small enough for a matrix.
 *
 * @param directory to put local files into
 */
export function listSubjects(
  instance: Instance,
  source: Source,
  directory: string,
): Readonly<Record<string, () => Promise<Subject>>> {
  const releases = async (modelId: string, runId: string) => withoutId(await describeReleases(instance, modelId), runId)
  const simple = (args: readonly string[], describe: Subject['describe']) => () => Promise.resolve({ args, describe })
  return {
    'clone-releases': simple(['--from', source.modelId], releases),
    'many-models-with-tags': simple(['--count', '5'], (_modelId, runId) => countModels(instance, runId)),
    scanners: async () => {
      const folder = path.join(directory, 'to-scan')
      await mkdir(folder, { recursive: true })
      for (const name of ['a.bin', 'b.bin']) await writeFile(path.join(folder, name), name)
      return { args: [folder, '--wait', '20s', '--interval', '100ms'], describe: releases }
    },
    'long-names': simple(['--length', '300'], async (modelId, runId) => ({
      models: await countModels(instance, runId),
      files: (await readFiles(instance, modelId)).length,
      releases: (await readReleases(instance, modelId)).length,
      cards: await readCards(instance, modelId),
    })),
    'concurrent-file-uploads': simple(['--count', '4', '--size', '100kB', '--max-failures', '0'], releases),
    'model-card-revisions': simple(['--count', '3', '--interval', '0s'], (modelId) => readCards(instance, modelId)),
    'many-releases-with-files': simple(['--count', '4', '--max-size-exponent', '4'], releases),
    'several-releases-with-files': simple(['--max-count-exponent', '3'], releases),
    'many-releases-with-existing-images': simple(['--push', '3', '--image-size', '1MiB'], releases),
    'push-image': simple(['demo:1.0.0', '--size', '20kB', '--layers', '2'], (modelId) =>
      callApi(instance, 'GET', `/api/v2/model/${modelId}/images`).then((answer) =>
        (answer as { images: { name: string; tags: string[] }[] }).images.map(({ name, tags }) => ({ name, tags })),
      ),
    ),
    'purge-files-without-release': async () => {
      const { model } = await callApi<{ model: ModelEntry }>(instance, 'POST', '/api/v2/models', {
        name: 'To purge',
        kind: 'model',
        description: 'd',
      })
      for (const name of ['a', 'b', 'c']) await upload(instance, model.id, name, 10)
      return { args: ['--model', model.id, '--confirm', model.id], describe: releases }
    },
  }
}
