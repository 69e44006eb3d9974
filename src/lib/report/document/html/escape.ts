import { showControls } from '../../../http/server-text.js'
import { escapeXml } from '../../xml-text.js'

/** A text for HTML, in content and in quoted attributes; what would take effect in it is shown. HTML has all entities of XML. */
export function escapeHtml(text: string): string {
  return escapeXml(text)
}

/** JSON within a script element, which no text in it can end (HTML, "Restrictions for contents of script elements"). */
export function embedJson(value: unknown): string {
  const show = (_name: string, field: unknown): unknown => (typeof field === 'string' ? showControls(field) : field)
  return JSON.stringify(value, show).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}
