import type { MultipartMode } from '../../api/upload.js'
import type { Settings } from '../../config/settings.js'
import type { Fill } from '../../content/lazy-stream.js'

export interface CloneReleasesOptions {
  readonly source: Settings
  readonly destination: Settings
  /** By flag; otherwise CLONE_RELEASES_SOURCE_MODEL_ID. */
  readonly from?: string | undefined
  /** By flag; otherwise CLONE_RELEASES_DESTINATION_MODEL_ID; otherwise the model is created. */
  readonly to?: string | undefined
  /** By flag; otherwise CLONE_RELEASES_ENDPOINT_DUMP, when no source model is named. */
  readonly fromFile?: string | undefined
  readonly saveDump?: string | undefined
  /** A range as node-semver understands it; pre-releases within it count. */
  readonly semverRange?: string | undefined
  readonly withFiles: boolean
  readonly withImages: boolean
  readonly fill: Fill
  readonly seed: string
  readonly multipart: MultipartMode
  readonly keepGoing: boolean
}
