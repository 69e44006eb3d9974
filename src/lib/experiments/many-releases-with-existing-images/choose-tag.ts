import pLimit from 'p-limit'
import compare from 'semver/functions/compare.js'
import valid from 'semver/functions/valid.js'
import { ResponseError } from '../../http/errors.js'
import type { RegistryClient } from '../../registry/client.js'
import { ManifestError, parseManifest, type ParsedManifest } from '../../registry/image/parse-manifest.js'
import type { NumberedImage } from './plan.js'

/** Which of an image's tags goes into the release. */
export const TAG_RULES = ['newest', 'first'] as const
export type TagRule = (typeof TAG_RULES)[number]

/** How a tag was chosen among several. */
export interface TagChoice {
  readonly image: string
  readonly tag: string
  readonly among: readonly string[]
  /** What decided: when the images were made, as their configs say, or only what the tags are called. */
  readonly by: 'date' | 'name'
}

/** A config is some kilobytes; what claims to be larger than this is not read. */
const MAX_CONFIG_BYTES = 1024 * 1024

/**
 * Chooses a tag for each image. `first` is the first in lexical order, in which registries list tags. `newest` is the one
 * whose image says that it was made last (OCI image-spec, config.md, `created`): Bailo and the registry keep no time for a
 * tag. Where the dates are equal or absent, as in images of reproducible builds, the names decide: `latest`, then the
 * highest version, then the last in order. Only images with several tags are asked for.
 *
 * @returns the tag by image name, and of those that had several how it was chosen
 */
export async function chooseTags(
  client: RegistryClient,
  modelId: string,
  images: readonly NumberedImage[],
  rule: TagRule,
  concurrency: number,
): Promise<{ readonly tags: ReadonlyMap<string, string>; readonly choices: readonly TagChoice[] }> {
  const limit = pLimit(concurrency)
  const chosen = await Promise.all(
    images.map(async ({ name, tags }): Promise<TagChoice> => {
      const among = tags.toSorted()
      const [first = ''] = among
      if (among.length === 1 || rule === 'first') return { image: name, tag: first, among, by: 'name' }
      const dated = await Promise.all(
        among.map((tag) =>
          limit(async () => ({ tag, createdMs: await readCreatedMs(client, `${modelId}/${name}`, tag) })),
        ),
      )
      return { image: name, among, ...chooseNewest(dated) }
    }),
  )
  return {
    tags: new Map(chosen.map(({ image, tag }) => [image, tag])),
    choices: chosen.filter(({ among }) => among.length > 1),
  }
}

/** The tag of the latest date; among those of the same date, the one whose name stands for the newest. */
export function chooseNewest(
  dated: readonly { readonly tag: string; readonly createdMs: number | undefined }[],
): Pick<TagChoice, 'tag' | 'by'> {
  const latestMs = Math.max(...dated.map(({ createdMs }) => createdMs ?? -Infinity))
  const latest = dated.filter(({ createdMs }) => (createdMs ?? -Infinity) === latestMs).map(({ tag }) => tag)
  const [tag = ''] = latest.toSorted(compareTagNames).toReversed()
  return { tag, by: latest.length === 1 ? 'date' : 'name' }
}

/** `latest` above all, versions above other names. */
function compareTagNames(a: string, b: string): number {
  const rank = (tag: string): number => (tag === 'latest' ? 2 : valid(tag) === null ? 0 : 1)
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  const byVersion = rank(a) === 1 ? compare(a, b) : a.localeCompare(b, 'en', { numeric: true })
  return byVersion || (a < b ? -1 : 1)
}

/** When an image says that it was made; undefined when it does not, or cannot be read. */
async function readCreatedMs(client: RegistryClient, repository: string, tag: string): Promise<number | undefined> {
  try {
    const { configDigest, configSizeBytes } = await readFirstManifest(client, repository, tag)
    if (configSizeBytes > MAX_CONFIG_BYTES) return undefined
    const config = await client.getBytes(repository, configDigest, configSizeBytes)
    return parseCreated(Buffer.from(config).toString('utf8'))
  } catch (error) {
    const isAboutThisImage = error instanceof ManifestError || (error instanceof ResponseError && error.status === 404)
    if (isAboutThisImage) return undefined
    throw error
  }
}

/** The manifest of the image, or of the first one in an index. */
async function readFirstManifest(client: RegistryClient, repository: string, tag: string): Promise<ParsedManifest> {
  const read = async (reference: string) => {
    const { bytes, contentType } = await client.getManifest(repository, reference)
    return parseManifest(bytes, contentType)
  }
  const top = await read(tag)
  if (top.kind === 'manifest') return top
  const first = top.manifests.find(({ isAttestation }) => !isAttestation)
  const manifest = first && (await read(first.digest))
  if (manifest?.kind === 'manifest') return manifest
  throw new ManifestError('the index has no image')
}

function parseCreated(text: string): number | undefined {
  try {
    const { created } = JSON.parse(text) as { created?: unknown }
    const createdMs = typeof created === 'string' ? Date.parse(created) : NaN
    return Number.isNaN(createdMs) ? undefined : createdMs
  } catch {
    return undefined
  }
}
