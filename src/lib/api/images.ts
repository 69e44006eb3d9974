import { answers, type ImagesAnswer } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const IMAGES = '/api/v2/model/{modelId}/images'

/** All images of a model with their tags. */
export async function listImages(instance: Instance, modelId: string): Promise<ImagesAnswer['images']> {
  const body = await bodyOf(instance.json.GET(IMAGES, { params: { path: { modelId } } }))
  return answers.images.check({ method: 'GET', path: IMAGES }, body).images
}
