import type { FileEntry, ImageReference, ReleaseEntry } from '../../api/answers.js'

/** A file as far as a copy has it in common with its source. */
export interface FileSkeleton {
  /** The file's id in the source; releases that share a file name the same one. */
  readonly sourceId: string
  readonly name: string
  /** Absent for a file whose upload never finished. */
  readonly sizeBytes: number | undefined
  readonly mime: string | undefined
  readonly tags: readonly string[]
}

/** A release as far as a copy has it in common with its source. */
export interface ReleaseSkeleton {
  readonly semver: string
  readonly notes: string
  readonly minor: boolean
  readonly draft: boolean
  readonly files: readonly FileSkeleton[]
  readonly images: readonly ImageReference[]
}

/**
 * Turns releases as the API lists them into skeletons, oldest first, so that the copies are made in the same order and
 * "latest" means the same. A file that several releases share is one object.
 */
export function toReleaseSkeletons(entries: readonly ReleaseEntry[]): ReleaseSkeleton[] {
  return sortByAge(entries.map(createSkeletonReader()))
}

/** A skeleton with what decides over its place among others. */
export interface DatedSkeleton extends Pick<ReleaseEntry, '_id' | 'createdAt'> {
  readonly skeleton: ReleaseSkeleton
}

/** Returns a function that takes the skeleton of one release after the other: see {@link toReleaseSkeletons}. */
export function createSkeletonReader(): (entry: ReleaseEntry) => DatedSkeleton {
  const files = new Map<string, FileSkeleton>()
  return ({ _id, createdAt, ...entry }) => ({
    ...(_id !== undefined && { _id }),
    ...(createdAt !== undefined && { createdAt }),
    skeleton: {
      semver: entry.semver,
      notes: entry.notes,
      minor: entry.minor ?? false,
      draft: entry.draft ?? false,
      files: (entry.files ?? []).map((file) => {
        const known = files.get(file._id) ?? toFileSkeleton(file)
        files.set(file._id, known)
        return known
      }),
      images: (entry.images ?? []).map(({ repository, name, tag }) => ({ repository, name, tag })),
    },
  })
}

/** The skeletons, oldest first. */
export function sortByAge(dated: readonly DatedSkeleton[]): ReleaseSkeleton[] {
  return dated.toSorted(byAge).map(({ skeleton }) => skeleton)
}

/** Ids decide between releases of one millisecond: they count up within it (MongoDB manual, "ObjectId"). */
function byAge(a: Omit<DatedSkeleton, 'skeleton'>, b: Omit<DatedSkeleton, 'skeleton'>): number {
  const differenceMs = Date.parse(a.createdAt ?? '') - Date.parse(b.createdAt ?? '') || 0
  return differenceMs || compareText(a._id ?? '', b._id ?? '')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function toFileSkeleton(file: FileEntry): FileSkeleton {
  return {
    sourceId: file._id,
    name: file.name,
    sizeBytes: file.complete === false ? undefined : file.size,
    mime: file.mime,
    tags: file.tags ?? [],
  }
}

/** How an image is called within a model: `name:tag`. */
export function imageKey(image: Pick<ImageReference, 'name' | 'tag'>): string {
  return `${image.name}:${image.tag}`
}
