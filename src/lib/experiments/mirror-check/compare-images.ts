import { ExpectedError } from '../../errors.js'
import { ResponseError } from '../../http/errors.js'
import { RegistryClient } from '../../registry/client.js'
import { compareSkeletons, type StoredImage } from '../../registry/image-skeleton.js'
import type { Finding } from '../result.js'
import { readImages } from '../skeleton/image-set.js'
import { imageKey, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import type { End } from './ends.js'

/** An image that source and copy have alike, down to its digest. */
export interface SameImage {
  /** In the copy's registry. */
  readonly repository: string
  readonly image: StoredImage
}

export interface ComparedImages {
  readonly compared: number
  readonly same: readonly SameImage[]
  readonly findings: readonly Finding[]
}

/**
 * Compares the images of releases by their digests, as both registries have them: manifests and indexes are read, layers are
 * not. An index counts as there when all of its images are.
 */
export async function compareImages(
  source: End,
  copy: End,
  releases: readonly ReleaseSkeleton[],
  concurrency: number,
): Promise<ComparedImages> {
  const references = releases.flatMap(({ images }) => images)
  const copied = references.map((reference) => ({ ...reference, repository: copy.model.id }))
  const [originals, copies] = await Promise.all([
    readImages(new RegistryClient(source.instance.connection), references, concurrency),
    readImages(new RegistryClient(copy.instance.connection), copied, concurrency),
  ])
  const names = new Map(references.map((reference) => [imageKey(reference), reference.name]))
  const same: SameImage[] = []
  const findings = [...originals].flatMap(([key, original]): Finding[] => {
    const subject = `image ${key}`
    const image = copies.get(key)
    if (original instanceof ExpectedError) {
      return [{ subject, message: `cannot be read in the source: ${withoutStop(original)}` }]
    }
    if (image === undefined || image instanceof ExpectedError) return [{ subject, message: explainAbsence(image) }]
    if (image.digest === original.digest) {
      same.push({ repository: `${copy.model.id}/${names.get(key) ?? ''}`, image })
      return []
    }
    return [{ subject, message: describeDifference(original, image) }]
  })
  return { compared: originals.size, same, findings }
}

function explainAbsence(failure: ExpectedError | undefined): string {
  if (failure === undefined || (failure instanceof ResponseError && failure.status === 404)) return 'is not in the copy'
  return `cannot be read in the copy: ${withoutStop(failure)}`
}

function describeDifference(original: StoredImage, image: StoredImage): string {
  const digests = `has the digest ${image.digest} instead of ${original.digest}`
  const differences = compareSkeletons(original, image)
  if (differences.length > 0) return `${digests}: ${differences.join(', ')}`
  const layersOf = ({ images }: StoredImage) => images.flatMap(({ layers }) => layers.map(({ digest }) => digest))
  const isSame = layersOf(original).join() === layersOf(image).join()
  return `${digests}, with ${isSame ? 'the same layers' : 'other layers of the same sizes'}`
}

function withoutStop({ message }: Error): string {
  return message.replace(/\.$/, '')
}
