import { readFile } from 'node:fs/promises'
import { answers, type ReleaseEntry, type ReleasesAnswer } from '../../api/answers.js'
import { UsageError } from '../../errors.js'
import { describeFailure } from '../../files/describe-failure.js'
import { writeWhole } from '../../files/write-whole.js'

/**
 * Reads a saved answer of `GET /api/v2/model/{modelId}/releases`, possibly edited by hand.
 *
 * @throws UsageError when the file cannot be read, is not JSON, or does not have the shape of that answer
 */
export async function readDump(path: string): Promise<readonly ReleaseEntry[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`The dump file ${path} cannot be read: ${describeFailure(error)}.`, [
      'save one with --from MODEL_ID --save-dump FILE',
    ])
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`The dump file ${path} is not JSON: ${error instanceof Error ? error.message : 'unknown'}.`, [
      'correct it, or save a new one with --from MODEL_ID --save-dump FILE',
    ])
  }
  const mismatch = answers.releases.findMismatch(value)
  if (mismatch !== undefined) {
    throw new UsageError(`The dump file ${path} is not a list of releases: ${mismatch}.`, [
      'it should hold the answer of GET /api/v2/model/MODEL_ID/releases, as --save-dump writes it',
    ])
  }
  return (value as ReleasesAnswer).releases
}

/**
 * Saves releases as `GET .../releases` answers them, for reading or for {@link readDump}. The file appears whole or not
 * at all.
 *
 * @throws UsageError when it cannot be written
 */
export async function saveDump(path: string, releases: readonly ReleaseEntry[]): Promise<void> {
  await writeWhole(path, `${JSON.stringify({ releases }, undefined, 2)}\n`, 'dump file')
}
