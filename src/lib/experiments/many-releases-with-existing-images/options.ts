import type { Instance } from '../../api/instance.js'
import type { Settings } from '../../config/settings.js'
import type { Fill } from '../../content/lazy-stream.js'
import type { RegistryClient } from '../../registry/client.js'
import type { ExperimentContext } from '../context.js'
import type { Bump } from '../next-version.js'
import type { TagRule } from './choose-tag.js'

export interface ExistingImagesOptions {
  readonly settings: Settings
  readonly modelId?: string | undefined
  /** The first so many images are pushed where they are not there; 0 pushes none. */
  readonly pushCount: number
  /** In bytes, used in turn. */
  readonly imageSizes: readonly number[]
  readonly sharedBaseBytes?: number | undefined
  readonly tagRule: TagRule
  readonly maxImagesPerRelease?: number | undefined
  readonly bump: Bump
  readonly seed: string
  readonly fill: Fill
  /** Whether later releases are made although an earlier one failed. */
  readonly keepGoing: boolean
}

/** What the parts of the experiment work with, once the model is there. */
export interface Work {
  readonly context: ExperimentContext
  readonly instance: Instance
  readonly client: RegistryClient
  readonly options: ExistingImagesOptions
  readonly modelId: string
}
