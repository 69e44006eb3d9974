import type { Run } from '../run/run.js'
import type { Fill } from '../content/lazy-stream.js'
import type { RegistryClient } from '../registry/client.js'
import { computeLayer, storeLayer, type StoredLayer } from '../registry/image-assembly.js'
import type { LayerSkeleton } from '../registry/image-skeleton.js'

/**
 * Brings layers into repositories. Layers that have one digest in the source have one in the copy: such a layer is sent
 * once, and mounted into the other repositories that need it.
 */
export class LayerPusher {
  readonly #run: Run
  readonly #client: RegistryClient
  readonly #content: { readonly seed: string; readonly fill: Fill }
  readonly #pushed = new Map<string, { repository: string; layer: Promise<StoredLayer> }>()
  readonly #mounted = new Map<string, Promise<StoredLayer>>()

  constructor(run: Run, client: RegistryClient, content: { seed: string; fill: Fill }) {
    this.#run = run
    this.#client = client
    this.#content = content
  }

  /** What the layer would be stored as, computed without sending it. */
  compute({ sizeBytes, digest: name }: LayerSkeleton): Promise<StoredLayer> {
    return computeLayer({ sizeBytes, name, ...this.#content })
  }

  /** Tells of a layer that is in a repository already, so that it is mounted from there instead of being sent. */
  noteStored(repository: string, source: LayerSkeleton, layer: StoredLayer): void {
    this.#pushed.set(source.digest, { repository, layer: Promise.resolve(layer) })
  }

  /** The stored layer for one of the source's, once the repository has it. */
  ensure(repository: string, source: LayerSkeleton): Promise<StoredLayer> {
    const first = this.#pushed.get(source.digest)
    if (first === undefined) {
      const layer = this.#push(repository, source)
      this.#pushed.set(source.digest, { repository, layer })
      return layer
    }
    if (first.repository === repository) return first.layer
    const key = `${repository} ${source.digest}`
    let mounted = this.#mounted.get(key)
    if (mounted === undefined) {
      mounted = this.#mount(repository, source, first)
      this.#mounted.set(key, mounted)
    }
    return mounted
  }

  #push(repository: string, source: LayerSkeleton): Promise<StoredLayer> {
    const { sizeBytes, digest } = source
    // The name ties the content to the source's layer: one digest there gives one digest here.
    const content = { sizeBytes, name: digest, ...this.#content }
    const isThere = async (layer: StoredLayer): Promise<boolean> =>
      (await this.#client.findBlob(repository, layer.digest)) === layer.size
    return this.#run.step<StoredLayer>(
      {
        kind: 'layer',
        name: `${repository}@${digest}`,
        bytes: sizeBytes,
        planned: { mediaType: '', digest, size: sizeBytes, diffId: digest },
        find: async ({ signal }) => {
          const layer = await computeLayer(content, signal)
          return (await isThere(layer)) ? layer : undefined
        },
        verify: isThere,
      },
      ({ notes, note, onBytes, signal }) =>
        storeLayer(this.#client, repository, content, {
          begun: notes.findLast((one) => typeof one === 'string'),
          onBegun: (location) => note(location),
          onBytes,
          signal,
        }),
    )
  }

  async #mount(
    repository: string,
    source: LayerSkeleton,
    first: { repository: string; layer: Promise<StoredLayer> },
  ): Promise<StoredLayer> {
    const layer = await first.layer
    const isMounted = await this.#run.step<boolean>(
      {
        kind: 'mount',
        name: `${repository}@${source.digest}`,
        planned: true,
        verify: async (wasMounted) =>
          !wasMounted || (await this.#client.findBlob(repository, layer.digest)) === layer.size,
      },
      () => this.#client.mountBlob(repository, layer.digest, first.repository),
    )
    return isMounted ? layer : this.#push(repository, source)
  }
}
