import { pickPlatform, type Platform } from './platform.js'

export interface ConfigOptions {
  readonly platform: Platform
  /** The digests of the uncompressed layers, the lowest layer first. */
  readonly diffIds: readonly string[]
  /** Kept as labels, so that images that share all layers still differ. */
  readonly seed?: string
  readonly name?: string
}

/**
 * Returns the config of an image that holds data only, as JSON (OCI image-spec, config.md). The same options give the
 * same bytes: it is always dated to the epoch, the convention for reproducible builds.
 */
export function createConfig({ platform, diffIds, seed, name }: ConfigOptions): Uint8Array {
  const labels = {
    ...(name !== undefined && { 'org.opencontainers.image.title': name }),
    ...(seed !== undefined && { 'bailo-exp.seed': seed }),
  }
  const config = {
    created: '1970-01-01T00:00:00Z',
    ...pickPlatform(platform),
    config: Object.keys(labels).length > 0 ? { Labels: labels } : {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  }
  return Buffer.from(JSON.stringify(config))
}
