import type { Instance } from '../../api/instance.js'
import { listScannedFiles, rescanFile } from '../../api/scanning.js'
import { UsageError } from '../../errors.js'
import type { ExperimentContext } from '../context.js'
import { forEachInRun } from '../for-each.js'
import type { ScanWatch } from './scan-watch.js'

/**
 * Has all files of a model scanned again, but for uploads that never finished, and adds them to the watch.
 *
 * @returns the promise that ends when all have been asked for, once it is known which they are
 * @throws UsageError when there is none; ResponseError and ConnectionError when reading fails
 */
export async function scanAgain(
  { run }: ExperimentContext,
  instance: Instance,
  watch: ScanWatch,
  { modelId, keepGoing }: { readonly modelId: string; readonly keepGoing: boolean },
): Promise<{ arrival: Promise<void> }> {
  run.useModel(instance.origin, modelId)
  const listing = await listScannedFiles(instance, modelId)
  const files = listing.filter(({ complete, size }) => complete ?? size !== undefined)
  if (files.length === 0) {
    throw new UsageError(`${modelId} has no file that could be scanned again.`, [
      'check the model; a token without file:read sees none, and uploads that never finished are not scanned',
    ])
  }
  run.expect({ steps: files.length, bytes: 0 })
  const arrival = forEachInRun(run, files, { keepGoing }, async ({ _id: id, name, size = 0, scanResults = [] }) => {
    let answeredMs: number | undefined
    await run.step({ kind: 'rescan', name: `${id} ${name}`, planned: '' }, async () => {
      await rescanFile(instance, modelId, id)
      answeredMs = performance.now()
      return ''
    })
    // Asked for by an earlier process of the run: the results that are there are its.
    const before = answeredMs === undefined ? [] : scanResults
    if (!run.isDryRun) watch.add({ id, name, sizeBytes: size }, answeredMs, before)
  })
  return { arrival }
}
