import valid from 'semver/functions/valid.js'
import { MAX_JSON_BODY_BYTES, measureReleaseBody } from '../../api/releases.js'
import { compareSkeletons } from '../../registry/image-skeleton.js'
import { isUnreadable, type ComparedParts } from '../skeleton/compare.js'
import type { ImageSet } from '../skeleton/image-set.js'
import type { Problem } from './problem.js'
import { imageKey, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'

/** Stands for an id that is not known yet; ids have 24 hexadecimal digits. */
const ID_PLACEHOLDER = '0'.repeat(24)

/** What Bailo would refuse or change about a release, as far as the release itself shows it. */
export function findReleaseProblems(
  release: ReleaseSkeleton,
  destinationId: string,
  seen: ReadonlySet<string>,
  parts: ComparedParts,
): readonly Problem[] {
  const subject = `release ${release.semver}`
  const problems: Problem[] = []
  if (valid(release.semver) !== release.semver || release.semver.includes('+')) {
    problems.push({
      code: 'invalid-semver',
      subject,
      message: 'Bailo stores only versions of the form 1.2.3 or 1.2.3-name',
      tryNext: 'change the semver in the dump file',
    })
  } else if (release.semver.includes('v')) {
    problems.push({
      code: 'invalid-semver',
      subject,
      message: 'Bailo ignores all of a version up to its first letter v, and finds none in the rest',
      tryNext: 'change the semver in the dump file, for example by writing rc for dev',
    })
  } else if (release.semver.split('-').length > 2) {
    problems.push({
      code: 'invalid-semver',
      subject,
      message: 'Bailo would silently drop everything after the second dash of the version',
      tryNext: 'change the semver in the dump file, for example by writing a dot for the second dash',
    })
  }
  if (seen.has(release.semver)) {
    problems.push({
      code: 'duplicate-semver',
      subject,
      message: 'the source lists this version twice',
      tryNext: 'remove one of them from the dump file',
    })
  }
  if (release.notes === '') {
    problems.push({
      code: 'empty-notes',
      subject,
      message: 'Bailo refuses releases without notes',
      tryNext: 'write notes in the dump file',
    })
  }
  if (!parts.files) return problems
  const names = new Set<string>()
  for (const { name, sizeBytes } of release.files) {
    if (names.has(name)) {
      problems.push({
        code: 'duplicate-file-name',
        subject,
        message: `it has two files of the name ${JSON.stringify(name)}, which Bailo refuses`,
        tryNext: 'rename or remove one of them in the dump file',
      })
    }
    names.add(name)
    if (sizeBytes === undefined || sizeBytes === 0) {
      problems.push({
        code: 'file-without-size',
        subject,
        message: `the file ${JSON.stringify(name)} is ${sizeBytes === 0 ? 'empty' : 'incomplete'}, and Bailo refuses empty files`,
        tryNext: 'delete it in the source, or use --no-files',
      })
    }
  }
  const bodyBytes = measureBody(release, destinationId, parts)
  if (bodyBytes > MAX_JSON_BODY_BYTES) {
    problems.push({
      code: 'body-too-large',
      subject,
      message: `its ${release.files.length} files and its notes make a request of ${bodyBytes} bytes, and Bailo takes ${MAX_JSON_BODY_BYTES}`,
      tryNext: 'use --no-files, or shorten the release in a dump file',
    })
  }
  return problems
}

function measureBody(release: ReleaseSkeleton, repository: string, parts: ComparedParts): number {
  return measureReleaseBody({
    ...release,
    fileIds: parts.files ? release.files.map(() => ID_PLACEHOLDER) : [],
    images: parts.images ? release.images.map((image) => ({ ...image, repository })) : [],
  })
}

/** The problem that a release of the same version is there and is not alike; none when it is alike. */
export function describeExisting(release: ReleaseSkeleton, differences: readonly string[]): readonly Problem[] {
  if (differences.length === 0) return []
  return [
    {
      code: 'existing-release-differs',
      subject: `release ${release.semver}`,
      message: `the destination has it already, but it ${differences.join(', ')}`,
      tryNext: 'choose an empty destination; nothing that exists is changed',
    },
  ]
}

/** Images of a release that cannot be read, or whose name and tag the destination uses for something else. */
export function findImageProblems(release: ReleaseSkeleton, images: ImageSet, existing: ImageSet): Problem[] {
  return release.images.flatMap((reference): Problem[] => {
    const key = imageKey(reference)
    const image = images.get(key)
    if (image === undefined) return []
    const subject = `release ${release.semver}`
    if (isUnreadable(image)) {
      return [
        {
          code: 'unreadable-image',
          subject,
          message: `its image ${key} cannot be read: ${image.message}`,
          tryNext: image.tryNext[0] ?? 'use --no-images to copy releases and files only',
        },
      ]
    }
    const copy = existing.get(key)
    if (copy === undefined) return []
    const differences = isUnreadable(copy) ? [copy.message] : compareSkeletons(image, copy)
    if (differences.length === 0) return []
    return [
      {
        code: 'existing-image-differs',
        subject,
        message: `the destination has another image ${key}: ${differences.join(', ')}`,
        tryNext: 'delete that image in the destination, or choose another one; no tag is overwritten',
      },
    ]
  })
}
