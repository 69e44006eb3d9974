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

const PLATFORM = /^(?<os>[a-z0-9]+)\/(?<architecture>[a-z0-9_-]+)(?:\/(?<variant>[a-z0-9._-]+))?$/

/** Reads a platform as people write it, `linux/arm64` or `linux/arm64/v8`; undefined for what is none. */
export function parsePlatform(text: string): Platform | undefined {
  const { os, architecture, variant } = PLATFORM.exec(text)?.groups ?? {}
  if (os === undefined || architecture === undefined) return undefined
  return { architecture, os, ...(variant !== undefined && { variant }) }
}
