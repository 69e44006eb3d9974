import { showControls } from '../http/server-text.js'
import { toWellFormed } from './well-formed.js'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/**
 * A text for XML. XML 1.0 has no way to write control characters, unpaired surrogates and two others, so they are shown
 * instead.
 */
export function escapeXml(text: string): string {
  return toWellFormed(showControls(text))
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
