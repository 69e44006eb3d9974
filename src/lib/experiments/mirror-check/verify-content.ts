import { readFileContent } from '../../api/download.js'
import { findDifference } from '../../content/find-difference.js'
import type { Fill } from '../../content/lazy-stream.js'
import { syntheticSource } from '../../content/sources.js'
import { RegistryClient } from '../../registry/client.js'
import type { Run } from '../../run/run.js'
import { forEachInRun } from '../for-each.js'
import type { Finding } from '../result.js'
import type { ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import type { SameImage } from './compare-images.js'
import type { End } from './ends.js'

export interface VerifyOptions {
  readonly seed: string
  readonly fill: Fill
  readonly keepGoing: boolean
}

/** What was read to its end and compared. */
export interface VerifiedContent {
  readonly files: number
  readonly layers: number
  readonly bytes: number
}

interface File {
  readonly fileId: string
  readonly name: string
  readonly sizeBytes: number
}

interface Layer {
  readonly repository: string
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * Reads all bytes of a copy, each file and each layer once: files are compared with what the seed gives for their name and
 * size, layers with their digest. The source is not read.
 *
 * @param pairs releases of the source with those of the copy; a file that has another size there is known to differ
 */
export async function verifyContent(
  run: Run,
  copy: End,
  pairs: readonly { readonly original: ReleaseSkeleton; readonly copied: ReleaseSkeleton }[],
  images: readonly SameImage[],
  { seed, fill, keepGoing }: VerifyOptions,
): Promise<{ verified: VerifiedContent; findings: Finding[] }> {
  const [files, layers] = [listComparableFiles(pairs), listLayers(images)]
  const findings: Finding[] = []
  const verified = { files: 0, layers: 0, bytes: 0 }
  const bytes = [...files, ...layers].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  run.expect({ steps: files.length + layers.length, bytes })
  await forEachInRun(run, files, { keepGoing }, async (file) => {
    const { name, sizeBytes } = file
    const differsAt = await compareFile(run, copy, file, { seed, fill })
    verified.files++
    verified.bytes += sizeBytes
    if (differsAt < 0) return
    const tryNext = 'the --seed and --fill that the source was made with; only contents of clone-releases can be told'
    const message = `has other content than the seed gives, from byte ${differsAt} of ${sizeBytes} on`
    findings.push({ subject: `file ${JSON.stringify(name)}`, message, tryNext })
  })
  const client = new RegistryClient(copy.instance.connection)
  await forEachInRun(run, layers, { keepGoing }, async (layer) => {
    const isSame = await verifyLayer(run, client, layer)
    verified.layers++
    verified.bytes += layer.sizeBytes
    if (!isSame) findings.push({ subject: `layer ${layer.digest}`, message: 'has bytes of another digest in the copy' })
  })
  return { verified, findings }
}

/** Returns the offset of the first byte that differs; -1 for none. */
function compareFile(
  run: Run,
  { instance, model }: End,
  { fileId, name, sizeBytes }: File,
  { seed, fill }: Pick<VerifyOptions, 'seed' | 'fill'>,
): Promise<number> {
  const step = { kind: 'file', name: `${fileId} ${name}`, bytes: sizeBytes, planned: -1 }
  return run.step(step, ({ onBytes, signal }) => {
    let counted = 0
    return readFileContent(instance, { modelId: model.id, fileId, signal }, async (body) => {
      // Another attempt begins anew.
      onBytes(-counted)
      counted = 0
      const expected = syntheticSource({ sizeBytes, fill, seed, name }).open()
      try {
        const differsAt = await findDifference(body, expected, (delta) => {
          counted += delta
          onBytes(delta)
        })
        return differsAt ?? -1
      } finally {
        expected.destroy()
        body.destroy()
      }
    })
  })
}

function verifyLayer(run: Run, client: RegistryClient, { repository, digest, sizeBytes }: Layer): Promise<boolean> {
  const step = { kind: 'layer', name: digest, bytes: sizeBytes, planned: true as boolean }
  return run.step(step, ({ onBytes, signal }) => client.verifyBlob(repository, digest, { onBytes, signal }))
}

/** Files that are in the copy under the same name and of the same size, each once. */
function listComparableFiles(
  pairs: readonly { readonly original: ReleaseSkeleton; readonly copied: ReleaseSkeleton }[],
): File[] {
  const files = new Map<string, File>()
  for (const { original, copied } of pairs) {
    const sizes = new Map(original.files.map(({ name, sizeBytes }) => [name, sizeBytes]))
    for (const { sourceId: fileId, name, sizeBytes } of copied.files) {
      if (sizeBytes !== undefined && sizeBytes === sizes.get(name)) files.set(fileId, { fileId, name, sizeBytes })
    }
  }
  return [...files.values()]
}

function listLayers(images: readonly SameImage[]): Layer[] {
  const layers = new Map<string, Layer>()
  for (const { repository, image } of images) {
    for (const { digest, sizeBytes } of image.images.flatMap((one) => one.layers)) {
      layers.set(digest, { repository, digest, sizeBytes })
    }
  }
  return [...layers.values()]
}
