/**
 * Splits a command line, up to where it is being typed, into words as a POSIX shell does: at blanks, but not within quotes or
 * after a backslash. Nothing is expanded.
 *
 * @returns the words; the last one is being typed, and is empty after a blank
 */
export function splitLine(line: string): string[] {
  const words = ['']
  let quote = ''
  let isWord = false
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index)
    if (quote === '' && /\s/.test(character)) {
      if (isWord) words.push('')
      isWord = false
      continue
    }
    isWord = true
    if (character === '\\' && quote !== "'") words.push((words.pop() ?? '') + line.charAt(++index))
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else if (character === quote) quote = ''
    else words.push((words.pop() ?? '') + character)
  }
  return words
}
