import type { RegistryClient } from '../registry/client.js'
import { assembleImage, encodeImage, type AssemblyOptions } from '../registry/image-assembly.js'
import type { ImageSkeleton } from '../registry/image-skeleton.js'
import type { Run } from '../run/run.js'
import { stepKey } from '../run/step.js'
import type { LayerPusher } from './layer-pusher.js'

/** What the images of one experiment are pushed with, and where to. */
export interface ImagePlace {
  readonly run: Run
  readonly client: RegistryClient
  readonly layers: LayerPusher
  readonly origin: string
  readonly modelId: string
  readonly seed: string
}

export interface ImageToPush {
  /** Of the repository within the model. */
  readonly name: string
  readonly tag: string
  readonly skeleton: ImageSkeleton
}

/**
 * Pushes one image of synthetic layers in steps: each layer, and when the repository has all of them, configs, manifests
 * and the tag.
 *
 * @returns the digest that the tag names; in a dry run an empty text
 */
export async function pushImage(place: ImagePlace, { name, tag, skeleton }: ImageToPush): Promise<string> {
  const { run, client, layers, origin, modelId, seed } = place
  const repository = `${modelId}/${name}`
  const step = { kind: 'image', name: `${name}:${tag}`, planned: '' }
  // Whoever makes the image brings its layers, which nobody else could tell without computing them.
  if (!run.owns(stepKey(step))) {
    return run.awaitOther({ ...step, find: async () => (await client.findManifest(repository, tag))?.digest })
  }
  const sources = skeleton.images.flatMap((image) => image.layers)
  const stored = await Promise.all(
    sources.map(async (source) => [source.digest, await layers.ensure(repository, source)] as const),
  )
  const byDigest = new Map(stored)
  const assembly: AssemblyOptions = {
    repository,
    tag,
    skeleton,
    seed,
    layerOf: ({ digest }) => {
      const layer = byDigest.get(digest)
      if (layer === undefined) throw new TypeError(`the layer ${digest} was not pushed`)
      return layer
    },
  }
  return run.step(
    {
      ...step,
      find: async () => {
        const { digest } = encodeImage(assembly).top
        return (await client.findManifest(repository, tag))?.digest === digest ? digest : undefined
      },
      verify: async (digest) => (await client.findManifest(repository, tag))?.digest === digest,
      created: (digest) => ({ type: 'image', origin, modelId, name, tag, digest }),
    },
    () => assembleImage(client, assembly),
  )
}
