import { connect } from '../../src/lib/api/instance.js'
import { createModel, setUpModelCard } from '../../src/lib/api/models.js'
import { createRelease } from '../../src/lib/api/releases.js'
import { uploadFile } from '../../src/lib/api/upload.js'
import { Credentials } from '../../src/lib/config/credentials.js'
import { syntheticSource } from '../../src/lib/content/sources.js'
import { RegistryClient } from '../../src/lib/registry/client.js'
import { assembleImage, storeLayer } from '../../src/lib/registry/image-assembly.js'
import type { Instance } from '../commands/read-instance.js'

const SEED = 'source'

/** The extent of what {@link fillSourceModel} makes. */
export const SOURCE = { releases: 20, files: 24, images: 5 } as const

/**
 * Makes a model with releases of all sorts: each has a file of its own and one that all share, every fourth an image; the
 * images share a layer, and two of them a repository.
 *
 * @returns its id
 */
export async function fillSourceModel({ url, accessKey, secretKey }: Instance): Promise<string> {
  const instance = connect(
    { origin: url, credentials: new Credentials(url, accessKey, secretKey) },
    { userAgent: 'test' },
  )
  try {
    const { id: modelId } = await createModel(instance, 'Source', 'What is copied.')
    await setUpModelCard(instance, modelId)
    const client = new RegistryClient(instance.connection)
    const upload = async (name: string, sizeBytes: number): Promise<string> => {
      const source = syntheticSource({ sizeBytes, fill: 'noise', seed: SEED, name })
      return (await uploadFile(instance, { modelId, name, source }, {}))._id
    }
    const push = async (name: string, tag: string): Promise<void> => {
      const repository = `${modelId}/${name}`
      const sizes = { base: 20_000, [`${name} ${tag}`]: 5000 + tag.length }
      const layers = new Map(
        await Promise.all(
          Object.entries(sizes).map(async ([layer, sizeBytes]) => {
            const content = { sizeBytes, seed: SEED, name: layer, fill: 'noise' as const }
            return [layer, await storeLayer(client, repository, content)] as const
          }),
        ),
      )
      const skeleton = {
        isIndex: false,
        images: [{ layers: Object.entries(sizes).map(([digest, sizeBytes]) => ({ digest, sizeBytes })) }],
        leftOut: [],
      }
      await assembleImage(client, {
        repository,
        tag,
        skeleton,
        seed: SEED,
        layerOf: ({ digest }) => {
          const layer = layers.get(digest)
          if (layer === undefined) throw new Error(`no layer ${digest}`)
          return layer
        },
      })
    }
    const shared = await upload('shared.bin', 30_000)
    // Three files that only their ids tell apart.
    const namesakes = [await upload('same.txt', 77), await upload('same.txt', 77), await upload('same.txt', 77)]
    for (let index = 0; index < SOURCE.releases; index++) {
      const own = await upload(`file-${index}.bin`, 1000 + 137 * index)
      const namesake = namesakes[index]
      const image = index % 4 === 0 ? { name: index < 8 ? 'server' : `tool-${index}`, tag: `v${index}` } : undefined
      if (image !== undefined) await push(image.name, image.tag)
      await createRelease(instance, modelId, {
        semver: `1.${index}.0`,
        notes: `Release ${index}`,
        minor: index % 3 === 0,
        draft: index % 5 === 4,
        fileIds: [own, shared, ...(namesake === undefined ? [] : [namesake])],
        images: image === undefined ? [] : [{ repository: modelId, ...image }],
      })
    }
    return modelId
  } finally {
    await instance.connection.close()
  }
}
