import { ExpectedError } from '../../errors.js'
import { compareSkeletons, type ImageSkeleton } from '../../registry/image-skeleton.js'
import type { ImageSet } from './image-set.js'
import { imageKey, type FileSkeleton, type ReleaseSkeleton } from './release-skeleton.js'

/** One thing in which the copy is not like its source. */
export interface Difference {
  /** What it is about, such as `release 1.2.0` or `image server:1.2.0`. */
  readonly subject: string
  readonly message: string
}

/** What has been compared; nothing is claimed beyond it. */
export interface Comparison {
  readonly releases: number
  /** Files, counted once per release they are in. */
  readonly files: number
  readonly images: number
  readonly layers: number
  readonly differences: readonly Difference[]
}

/** What a comparison looks at; what was left out on request is no difference. */
export interface ComparedParts {
  readonly files: boolean
  readonly images: boolean
}

/**
 * Compares releases and images of the source with what the destination has.
 *
 * @param where what the destination is called in differences
 */
export function compareCopy(
  source: { releases: readonly ReleaseSkeleton[]; images: ImageSet },
  destination: { readonly releases: ReadonlyMap<string, ReleaseSkeleton>; readonly images: ImageSet },
  parts: ComparedParts,
  where = 'the destination',
): Comparison {
  const differences = source.releases.flatMap((release): Difference[] => {
    const copy = destination.releases.get(release.semver)
    const subject = `release ${release.semver}`
    if (copy === undefined) return [{ subject, message: `is not in ${where}` }]
    return compareReleases(release, copy, parts).map((message) => ({ subject, message }))
  })
  const images = [...source.images].filter((entry): entry is [string, ImageSkeleton] => !isUnreadable(entry[1]))
  for (const [key, image] of images) {
    const copy = destination.images.get(key)
    const messages =
      copy === undefined
        ? [`is not in ${where}`]
        : isUnreadable(copy)
          ? [`cannot be read in ${where}: ${copy.message}`]
          : compareSkeletons(image, copy)
    differences.push(...messages.map((message) => ({ subject: `image ${key}`, message })))
  }
  return {
    releases: source.releases.length,
    files: parts.files ? source.releases.reduce((sum, release) => sum + release.files.length, 0) : 0,
    images: images.length,
    layers: images.reduce((sum, [, image]) => sum + countLayers(image), 0),
    differences,
  }
}

/** Where two releases differ in what a copy keeps, one sentence each. */
export function compareReleases(source: ReleaseSkeleton, copy: ReleaseSkeleton, parts: ComparedParts): string[] {
  const messages: string[] = []
  if (source.notes !== copy.notes) messages.push('has other notes')
  if (source.minor !== copy.minor) messages.push(`is ${copy.minor ? 'minor' : 'not minor'}, unlike the source`)
  if (source.draft !== copy.draft) messages.push(`is ${copy.draft ? 'a draft' : 'published'}, unlike the source`)
  if (parts.files) messages.push(...compareFiles(source.files, copy.files))
  if (parts.images) messages.push(...compareImageLists(source, copy))
  return messages
}

function compareFiles(source: readonly FileSkeleton[], copy: readonly FileSkeleton[]): string[] {
  // A release never has two files of one name (observed).
  const copies = new Map(copy.map((file) => [file.name, file]))
  const messages = source.flatMap((file) => {
    const other = copies.get(file.name)
    copies.delete(file.name)
    if (other === undefined) return [`lacks the file ${JSON.stringify(file.name)}`]
    if (other.sizeBytes === file.sizeBytes) return []
    if (other.sizeBytes === undefined) return [`has the file ${JSON.stringify(file.name)} without its content`]
    return [
      `has the file ${JSON.stringify(file.name)} with ${other.sizeBytes} instead of ${file.sizeBytes ?? 'unknown'} bytes`,
    ]
  })
  return [...messages, ...[...copies.keys()].map((name) => `has a file too many: ${JSON.stringify(name)}`)]
}

function compareImageLists(source: ReleaseSkeleton, copy: ReleaseSkeleton): string[] {
  const wanted = new Set(source.images.map(imageKey))
  const present = new Set(copy.images.map(imageKey))
  return [
    ...[...wanted].filter((key) => !present.has(key)).map((key) => `lacks the image ${key}`),
    ...[...present].filter((key) => !wanted.has(key)).map((key) => `has an image too many: ${key}`),
  ]
}

function countLayers(image: ImageSkeleton): number {
  return image.images.reduce((sum, { layers }) => sum + layers.length, 0)
}

/** True when an image could not be read. */
export function isUnreadable(image: ImageSkeleton | ExpectedError): image is ExpectedError {
  return image instanceof ExpectedError
}
