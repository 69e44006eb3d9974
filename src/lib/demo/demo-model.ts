import type { Instance } from '../api/instance.js'
import { createModel, setUpModelCard } from '../api/models.js'
import { createRelease } from '../api/releases.js'
import { uploadFile } from '../api/upload.js'
import { syntheticSource } from '../content/sources.js'
import { RegistryClient } from '../registry/client.js'
import { demoFiles, demoReleases, type DemoFileName } from './demo-content.js'
import { pushDemoImages } from './demo-images.js'

/** Everything synthetic in the demo follows from this. */
const SEED = 'bailo-exp demo'

/**
 * Fills an instance with a model such as a team might have: releases of all sorts that share files, and images that share
 * layers, among them one for two platforms. It uses only Bailo's public API.
 *
 * @returns the model's id
 */
export async function createDemoModel(instance: Instance): Promise<string> {
  const { id: modelId } = await createModel(
    instance,
    'Harbour Traffic Forecast',
    'Forecasts arrivals and berth occupancy of a harbour for the next 72 hours.',
  )
  await setUpModelCard(instance, modelId)
  const fileIds = await uploadDemoFiles(instance, modelId)
  await pushDemoImages(new RegistryClient(instance.connection), modelId, SEED)
  for (const release of demoReleases) {
    await createRelease(instance, modelId, {
      ...release,
      fileIds: release.files.map((name) => fileIds[name]),
      images: release.images.map((image) => ({ ...image, repository: modelId })),
    })
  }
  return modelId
}

async function uploadDemoFiles(instance: Instance, modelId: string): Promise<Record<DemoFileName, string>> {
  const uploaded = await Promise.all(
    Object.entries(demoFiles).map(async ([name, { sizeBytes, mime, tags }]) => {
      const source = syntheticSource({ sizeBytes, fill: 'noise', seed: SEED, name })
      const file = await uploadFile(instance, { modelId, name, mime, tags, source }, {})
      return [name, file._id]
    }),
  )
  return Object.fromEntries(uploaded) as Record<DemoFileName, string>
}
