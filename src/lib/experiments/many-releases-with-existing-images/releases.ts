import type { ImageReference, ReleaseEntry } from '../../api/answers.js'
import { listReleases, MAX_JSON_BODY_BYTES, measureReleaseBody } from '../../api/releases.js'
import { ExpectedError, UsageError } from '../../errors.js'
import { makeInOrder } from '../make-in-order.js'
import { ReleaseMaker, type ReleaseToMake } from '../make-releases.js'
import type { Finding } from '../result.js'
import type { Work } from './options.js'
import type { PushedImages } from './pushes.js'

/** One release of the experiment. */
export interface ReleaseOfImages {
  /** Absent when it was not made: in a dry run, or because it or one of its images failed. */
  readonly semver?: string
  /** As `name:tag`, by index. */
  readonly images: readonly string[]
  readonly wasThere: boolean
}

/** @throws UsageError before anything is made, because Bailo answers with nothing but a 500 */
export function refuseLargeReleases(groups: readonly (readonly ImageReference[])[]): void {
  const flags = { minor: false, draft: false, fileIds: [] }
  const sizeOf = (images: readonly ImageReference[]) =>
    measureReleaseBody({ semver: '9999.9999.9999', notes: describeGroup(images), images, ...flags })
  const large = groups.find((images) => sizeOf(images) > MAX_JSON_BODY_BYTES)
  if (large === undefined) return
  throw new UsageError(
    `A release of ${large.length} images does not fit into a request: Bailo takes ${MAX_JSON_BODY_BYTES} bytes.`,
    ['a lower --max-images-per-release, such as 500'],
  )
}

/** Makes the releases one after the other, so that their versions and their ages have the same order. */
export async function makeReleases(
  { context: { run }, instance, options, modelId }: Work,
  groups: readonly (readonly ImageReference[])[],
  listed: readonly ReleaseEntry[],
  pushed: PushedImages,
): Promise<ReleaseOfImages[]> {
  const maker = new ReleaseMaker(run, instance, { modelId, listed, bump: options.bump })
  const releases = groups.map((group): ReleaseOfImages => {
    const named = group.map(nameOf)
    const present = listed.find((entry) => isReleaseOf(entry, named))
    return { ...(present && { semver: present.semver }), images: named, wasThere: present !== undefined }
  })
  await makeInOrder(run, groups, async (group, index) => {
    const release = releases[index]
    if (release === undefined || release.wasThere) return true
    const images = group.map((image) => ({ ...image, repository: modelId }))
    const notes = describeGroup(images)
    const semver = await makeRelease(maker, { name: `${index + 1} of ${notes}`, notes, fileIds: [], images }, pushed)
    if (semver) releases[index] = { ...release, semver }
    return semver !== undefined || options.keepGoing
  })
  return releases
}

/** @returns the version, empty in a dry run; undefined when it, or one of its images, could not be made */
async function makeRelease(
  maker: ReleaseMaker,
  release: ReleaseToMake,
  pushed: PushedImages,
): Promise<string | undefined> {
  try {
    await Promise.all(release.images.map(({ name }) => pushed.get(name) ?? Promise.resolve('')))
    return await maker.make(release)
  } catch (error) {
    if (error instanceof ExpectedError) return undefined
    throw error
  }
}

function describeGroup(images: readonly ImageReference[]): string {
  const [first, last] = [images[0]?.name, images.at(-1)?.name]
  return images.length === 1 ? `1 image: ${first}` : `${images.length} images: ${first} to ${last}`
}

function nameOf({ name, tag }: ImageReference): string {
  return `${name}:${tag}`
}

/** Whether a release has exactly these images, and no files. */
function isReleaseOf({ images = [], files = [] }: ReleaseEntry, named: readonly string[]): boolean {
  const present = new Set(images.map(nameOf))
  return files.length === 0 && present.size === named.length && named.every((name) => present.has(name))
}

/** Reads the releases again, and says where one is not as it was to be. */
export async function checkReleases(
  { instance, modelId }: Work,
  releases: readonly ReleaseOfImages[],
): Promise<Finding[]> {
  const bySemver = new Map((await listReleases(instance, modelId)).map((entry) => [entry.semver, entry]))
  return releases.flatMap(({ semver, images }): Finding[] => {
    if (semver === undefined) return []
    const entry = bySemver.get(semver)
    const subject = `release ${semver}`
    if (entry === undefined) return [{ subject, message: 'is not there' }]
    return isReleaseOf(entry, images) ? [] : [{ subject, message: `does not have the images ${images.join(', ')}` }]
  })
}
