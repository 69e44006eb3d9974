import { createHash } from 'node:crypto'
import type { ImageReference } from '../api/answers.js'

/** What a release holds, as it is sent or as it is listed. */
export interface ReleaseContent {
  readonly notes: string
  readonly minor?: boolean | undefined
  readonly draft?: boolean | undefined
  readonly fileIds?: readonly string[] | undefined
  readonly files?: readonly { readonly _id: string }[] | undefined
  readonly images?: readonly Pick<ImageReference, 'name' | 'tag'>[] | undefined
}

/**
 * A text that is equal for releases with the same notes, flags, files and images, in whatever order these are, and in
 * practice for no others.
 */
export function fingerprintRelease({ notes, minor, draft, fileIds, files, images = [] }: ReleaseContent): string {
  const ids = fileIds ?? files?.map(({ _id }) => _id) ?? []
  const names = images.map(({ name, tag }) => `${name}:${tag}`)
  const content = [notes, minor ?? false, draft ?? false, [...ids].sort(), names.sort()]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32)
}
