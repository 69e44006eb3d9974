import { stripVTControlCharacters } from 'node:util'

interface MissingArg {
  readonly name: string
  readonly description?: string
}

/**
 * Says in a sentence or two why oclif refused a command line. Its own messages have several lines, name values as they were
 * parsed, and end in advice about other flags.
 */
export function describeRefusal(error: Error): string {
  if (error.message.startsWith('Missing') && 'args' in error && Array.isArray(error.args)) {
    const missing = (error.args as MissingArg[]).map(
      ({ name, description }) => name.toUpperCase() + (description === undefined ? '' : ` (${description})`),
    )
    return `Missing: ${missing.join(', ')}.`
  }
  const text = stripVTControlCharacters(error.message).replace(/See more help with --help\s*$/, '')
  const parsing = /^Parsing (--\S+)\s+(.*)$/s.exec(text)
  if (parsing !== null) return `${parsing[1]}: ${toParagraph(parsing[2] ?? '')}`
  const reasons = /^The following errors? occurred:\n(.*)$/s.exec(text)
  if (reasons === null) return toParagraph(text)
  return (reasons[1] ?? '')
    .split('\n')
    .map((reason) => describeReason(reason.trim()))
    .join(' ')
    .trim()
}

function describeReason(reason: string): string {
  const clash = /^(--[\w-]+)(?:=.*)? cannot also be provided when using (--[\w-]+)$/.exec(reason)
  if (clash !== null) return `${clash[1]} and ${clash[2]} cannot be used together.`
  const need = /^All of the following must be provided when using (--[\w-]+): (.+)$/.exec(reason)
  return need === null ? reason : `${need[1]} needs ${need[2]} as well.`
}

function toParagraph(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
