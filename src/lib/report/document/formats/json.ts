import type { RunDocument } from '../model.js'

/**
 * A report as JSON. Characters that take effect on a terminal or turn text around are written as escapes, which changes
 * nothing of what the JSON says.
 */
export function formatJson(document: RunDocument): string {
  return `${JSON.stringify(document, undefined, 2).replace(/[\x7f-\x9f]|\p{Cf}|\p{Zl}|\p{Zp}/gu, escapeUnits)}\n`
}

function escapeUnits(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => {
    return `\\u${characters.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
