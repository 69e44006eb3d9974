const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a directory',
}

/** Why a file cannot be read, in plain words; Node's own have the name of a system call and the path once more. */
export function describeFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return MEANINGS[code] ?? (error instanceof Error ? error.message : String(error))
}
