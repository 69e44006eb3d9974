/**
 * bailo-exp as a library, for an experiment of your own in a few lines:
 *
 * ```js
 * import { connect, createRelease, getOrCreateModel, uploadFile } from 'bailo-exp'
 *
 * const bailo = await connect() // URL, ACCESS_KEY and SECRET_KEY from .local.env or the environment
 * const { modelId } = await getOrCreateModel(bailo, { envKey: 'MY_MODEL_ID', name: 'My experiment' })
 * const file = await uploadFile(bailo, { modelId, name: 'weights.bin', size: '1TB', rate: '500MB/s' })
 * console.log(await createRelease(bailo, { modelId, fileIds: [file.fileId] }))
 * await bailo.close()
 * ```
 *
 * Importing it has no effects. Sizes and rates are bytes, or texts such as `20MiB` and `50MB/s`. What a person can do
 * something about is thrown as an ExpectedError, with `tryNext`.
 *
 * @module
 */
export { connect, type Bailo, type ConnectOptions } from './lib/library/bailo.js'
export { createModel, getOrCreateModel, type ModelRequest, type NewModel } from './lib/library/models.js'
export {
  listFiles,
  uploadFile,
  type Rate,
  type Size,
  type SourceFile,
  type SyntheticFile,
  type UploadedFile,
} from './lib/library/files.js'
export { createRelease, listReleases, nextVersion, type NewRelease } from './lib/library/releases.js'
export { pushImage, type GeneratedImage } from './lib/library/images.js'

export { LazyStream, type Fill, type LazyStreamOptions } from './lib/content/lazy-stream.js'
export { formatSize, parseRate, parseSize } from './lib/content/size.js'
export type { ByteRange, ByteSource } from './lib/content/byte-source.js'

export { ExitCode, ExpectedError, UsageError } from './lib/errors.js'
export { ConnectionError, ResponseError, UnexpectedAnswerError } from './lib/http/errors.js'

export type { FileEntry, ImageReference, ReleaseEntry } from './lib/api/answers.js'
export type { JsonClient } from './lib/api/client.js'
export type { MultipartMode } from './lib/api/upload.js'
export type { Bump } from './lib/experiments/next-version.js'
export type { PushedImage } from './lib/experiments/push-image.js'
/** The types of Bailo's API, generated from this tool's contract of it. */
export type { components, operations, paths } from '../openapi/bailo-v2.js'
