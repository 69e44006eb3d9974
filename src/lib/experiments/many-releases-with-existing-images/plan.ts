import type { ImagesAnswer } from '../../api/answers.js'
import { UsageError } from '../../errors.js'
import { DEFAULT_TAG } from '../../registry/image-reference.js'
import type { ImageRequest } from '../../registry/push-image.js'

export const MIB = 1024 * 1024

/** Sizes that pushed images have in turn when no others are asked for. */
export const DEFAULT_IMAGE_SIZES = [1024 * MIB, 2048 * MIB] as const

/** An image of the model whose name says its place and its size: `no<index>-<MiB>`. */
export interface NumberedImage {
  readonly index: number
  readonly sizeMib: number
  readonly name: string
  /** At least one. */
  readonly tags: readonly string[]
}

/** An image of the model that is in no release, because its name does not fit or it has no tag. */
export interface LeftOutImage {
  readonly name: string
  readonly reason: string
}

const FITTING_NAME = /^no(?<index>\d{1,9})-(?<size>\d{1,9})$/

/** Sorts a model's images by index, then size, and says which do not fit. */
export function sortImages(listed: ImagesAnswer['images']): {
  readonly fitting: readonly NumberedImage[]
  readonly leftOut: readonly LeftOutImage[]
} {
  const fitting: NumberedImage[] = []
  const leftOut: LeftOutImage[] = []
  for (const { name, tags } of listed) {
    const { index, size } = FITTING_NAME.exec(name)?.groups ?? {}
    if (index === undefined || size === undefined) leftOut.push({ name, reason: 'its name is not no<index>-<MiB>' })
    else if (tags.length === 0) leftOut.push({ name, reason: 'it has no tag' })
    else fitting.push({ index: Number(index), sizeMib: Number(size), name, tags })
  }
  return { fitting: fitting.toSorted(compareImages), leftOut }
}

/** By index; of two with the same index, the smaller first. */
export function compareImages(a: NumberedImage, b: NumberedImage): number {
  return a.index - b.index || a.sizeMib - b.sizeMib || (a.name < b.name ? -1 : 1)
}

export interface PushOptions {
  /** The images `no1-...` to `no<count>-...` are to be there. */
  readonly count: number
  /** In bytes, used in turn; whole MiB, because the names say them in MiB. */
  readonly sizes: readonly number[]
  readonly sharedBaseBytes?: number | undefined
}

/**
 * Plans the images that are to be pushed. An index that an image has already is not pushed again, whatever its size.
 *
 * @throws UsageError when a size cannot be in a name, or the shared base leaves no room for a layer of the image's own
 */
export function planPushes(
  { count, sizes, sharedBaseBytes }: PushOptions,
  present: readonly NumberedImage[],
): ImageRequest[] {
  const uneven = sizes.find((size) => size % MIB !== 0)
  if (uneven !== undefined) {
    throw new UsageError(`Images of ${uneven} bytes cannot be named: the name says the size in whole MiB.`, [
      'give --image-size as a multiple of 1MiB, such as 1024MiB or 2GiB',
    ])
  }
  const tooSmall = sharedBaseBytes === undefined ? undefined : sizes.find((size) => size <= sharedBaseBytes)
  if (tooSmall !== undefined) {
    throw new UsageError(`A shared base of ${sharedBaseBytes} bytes leaves no room in an image of ${tooSmall} bytes.`, [
      'a smaller --shared-base, or a larger --image-size',
    ])
  }
  const taken = new Set(present.map(({ index }) => index))
  return Array.from({ length: count }, (_, position) => position + 1)
    .filter((index) => !taken.has(index))
    .map((index) => {
      const sizeBytes = sizes[(index - 1) % sizes.length] ?? MIB
      const layerCount = sharedBaseBytes === undefined ? 1 : 2
      return { name: `no${index}-${sizeBytes / MIB}`, tag: DEFAULT_TAG, sizeBytes, layerCount, sharedBaseBytes }
    })
}

/** Cuts a list into groups of 1, 2, 3 ... up to `maxSize`, and as many of that size as it takes; the last may be short. */
export function groupImages<T>(images: readonly T[], maxSize = Infinity): T[][] {
  const groups: T[][] = []
  for (let start = 0; start < images.length;) {
    const size = Math.min(groups.length + 1, maxSize)
    groups.push(images.slice(start, start + size))
    start += size
  }
  return groups
}
