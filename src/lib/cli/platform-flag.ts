import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import { parsePlatform, type Platform } from '../registry/image/platform.js'

/** A flag for what an image runs on, such as `linux/amd64` or `linux/arm64/v8`. */
export const platformFlag = Flags.custom<Platform>({
  helpValue: 'OS/ARCH[/VARIANT]',
  parse: async (text) => {
    const platform = await Promise.resolve(parsePlatform(text))
    if (platform !== undefined) return platform
    throw new UsageError(`${JSON.stringify(text)} is not a platform.`, ['for example linux/amd64, or linux/arm64/v8'])
  },
})
