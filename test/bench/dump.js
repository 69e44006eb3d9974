import { writeFileSync } from 'node:fs'

/** Ids as Bailo has them: 24 hexadecimal digits. */
const idOf = (index) => index.toString(16).padStart(24, '0')

/**
 * Writes a saved list of releases, as `clone-releases --from-file` reads it.
 *
 * @param {(index: number) => number[]} filesOf numbers of the files of the release with this index
 */
export function writeDump(file, count, filesOf) {
  const releases = Array.from({ length: count }, (_, index) => ({
    modelId: 'source-abc123',
    semver: `${Math.floor(index / 1000) + 1}.${Math.floor(index / 10) % 100}.${index % 10}`,
    notes: `Release number ${index}.`,
    minor: false,
    draft: false,
    images: [],
    fileIds: filesOf(index).map(idOf),
    files: filesOf(index).map((number) => ({
      _id: idOf(number),
      name: `file-${number}.bin`,
      size: 1024,
      complete: true,
    })),
    createdAt: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
  }))
  writeFileSync(file, JSON.stringify({ releases }))
}
