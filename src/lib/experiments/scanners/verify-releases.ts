import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import type { Finding } from '../result.js'
import type { MadeRelease } from './upload.js'

/** Reads releases and files again: each release must have exactly its files, in their sizes. */
export async function verifyReleases(
  instance: Instance,
  modelId: string,
  made: readonly MadeRelease[],
): Promise<Finding[]> {
  const stored = new Map((await listReleases(instance, modelId)).map((release) => [release.semver, release]))
  const sizes = new Map((await listFiles(instance, modelId)).map(({ _id, size }) => [_id, size]))
  return made.flatMap(({ semver, label, files }): Finding[] => {
    const release = stored.get(semver)
    if (release === undefined) return [{ subject: `release ${semver} (${label})`, message: 'is not there' }]
    const ids = new Set(release.fileIds ?? release.files?.map(({ _id }) => _id))
    const wrong = files.filter(({ id, sizeBytes }) => !ids.delete(id) || sizes.get(id) !== sizeBytes)
    return [
      ...wrong.map(({ shownPath }) => ({
        subject: `file ${shownPath}`,
        message: `is not in release ${semver}, or not with all its bytes`,
      })),
      ...[...ids].map((id) => ({
        subject: `release ${semver}`,
        message: `has the file ${id}, which is not one of its`,
      })),
    ]
  })
}
