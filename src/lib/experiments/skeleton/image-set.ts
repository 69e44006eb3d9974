import pLimit from 'p-limit'
import type { ImageReference } from '../../api/answers.js'
import { ExpectedError } from '../../errors.js'
import { ConnectionError } from '../../http/errors.js'
import type { RegistryClient } from '../../registry/client.js'
import { readImageSkeleton, type ImageSkeleton, type StoredImage } from '../../registry/image-skeleton.js'
import { imageKey } from './release-skeleton.js'

/** Images by `name:tag`: their skeleton, or why it cannot be read. */
export type ImageSet = ReadonlyMap<string, ImageSkeleton | ExpectedError>

/**
 * Reads the skeletons of images, each once.
 *
 * @throws ConnectionError when the registry does not answer: that says nothing about an image
 */
export async function readImages(
  client: RegistryClient,
  images: Iterable<ImageReference>,
  concurrency: number,
): Promise<ReadonlyMap<string, StoredImage | ExpectedError>> {
  const distinct = new Map([...images].map((image) => [imageKey(image), image]))
  const limit = pLimit(concurrency)
  const read = async ([key, { repository, name, tag }]: [string, ImageReference]) =>
    [key, await readOne(client, `${repository}/${name}`, tag)] as const
  return new Map(await Promise.all([...distinct].map((entry) => limit(read, entry))))
}

async function readOne(client: RegistryClient, repository: string, tag: string): Promise<StoredImage | ExpectedError> {
  try {
    return await readImageSkeleton(client, repository, tag)
  } catch (error) {
    if (error instanceof ExpectedError && !(error instanceof ConnectionError)) return error
    throw error
  }
}
