import type { Settings } from '../../config/settings.js'
import type { Fill } from '../../content/lazy-stream.js'

export interface MirrorCheckOptions {
  readonly source: Settings
  readonly copy: Settings
  /** By flag; otherwise MIRROR_SOURCE_MODEL_ID. */
  readonly from: string | undefined
  /** By flag; otherwise MIRROR_COPY_MODEL_ID; otherwise the destination that is entered in the source. */
  readonly to: string | undefined
  readonly semverRange: string | undefined
  readonly withFiles: boolean
  readonly withImages: boolean
  /** Whether all bytes of the copy are read and compared with what they were made from. */
  readonly verifiesContent: boolean
  readonly seed: string
  readonly fill: Fill
  /** How long transfers are followed; undefined: not at all. */
  readonly waitMs: number | undefined
  readonly intervalMs: number
  readonly keepGoing: boolean
}
