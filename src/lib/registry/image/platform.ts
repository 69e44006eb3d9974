/** What an image runs on, in the words of the OCI image-spec (image-index.md, `platform`), which follow Go's. */
export interface Platform {
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly 'os.version'?: string
}

/** Returns the platform alone, its properties in a fixed order, so that equal platforms give equal JSON. */
export function pickPlatform(platform: Platform): Platform {
  const { architecture, os, variant, 'os.version': osVersion } = platform
  return {
    architecture,
    os,
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(variant !== undefined && { variant }),
  }
}
