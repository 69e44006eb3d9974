/** Characters that no shell gives a meaning to, wherever they are in a word. */
const PLAIN = /^[\w@%+=:,./-]+$/

/** A word as it is written on a command line of the platform's usual shell, so that it can be copied and run. */
export function quoteForShell(word: string, platform: NodeJS.Platform = process.platform): string {
  if (PLAIN.test(word)) return word
  return platform === 'win32' ? `"${word.replaceAll('"', '""')}"` : `'${word.replaceAll("'", `'\\''`)}'`
}
