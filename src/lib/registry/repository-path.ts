import { UsageError } from '../errors.js'

/**
 * The path of a repository under `/v2/`. Bailo's model ids may be names that the OCI specification does not allow (they
 * may begin with dashes), so any segment is taken as it is, escaped, except those that would lead out of the repository.
 *
 * @throws UsageError when a segment is empty, `.` or `..`
 */
export function repositoryPath(repository: string): string {
  const segments = repository.split('/')
  if (segments.some((segment) => ['', '.', '..'].includes(segment))) {
    throw new UsageError(`${JSON.stringify(repository)} is not the name of an image's repository.`, [
      'correct the name of the image: parts in lower case, with a slash between them',
    ])
  }
  return `/v2/${segments.map(encodeURIComponent).join('/')}`
}
