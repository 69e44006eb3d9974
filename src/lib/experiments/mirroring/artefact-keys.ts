import type { ReleaseSkeleton } from '../skeleton/release-skeleton.js'

/** How transfers name what a release consists of. */
export function artefactKeys({ files, images }: ReleaseSkeleton): string[] {
  return [
    ...files.map(({ sourceId }) => sourceId),
    ...images.map(({ repository, name, tag }) => `${repository}/${name}:${tag}`),
  ]
}
