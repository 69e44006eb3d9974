type Environment = Readonly<Record<string, string | undefined>>

/** Whether nobody is there to watch or to be asked, also where CI gives a job a terminal: the variable CI says so. */
export function isInCi({ CI: ci }: Environment): boolean {
  return ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0'
}

/** Whether a stream can be drawn on again and again, and somebody sees it. */
export function isWatchedTerminal(
  { isTTY = false }: { readonly isTTY?: boolean },
  environment: Environment = process.env,
): boolean {
  return isTTY && environment['TERM'] !== 'dumb' && !isInCi(environment)
}
