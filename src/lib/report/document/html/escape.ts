import { showControls } from '../../../http/server-text.js'
import { toWellFormed } from '../../well-formed.js'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text for HTML, in content and in quoted attributes; what would take effect in it is shown. */
export function escapeHtml(text: string): string {
  return toWellFormed(showControls(text)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** JSON within a script element, which no text in it can end (HTML, "Restrictions for contents of script elements"). */
export function embedJson(value: unknown): string {
  const show = (_name: string, field: unknown): unknown => (typeof field === 'string' ? showControls(field) : field)
  return JSON.stringify(value, show).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}
