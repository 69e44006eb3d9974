import type { RunDocument } from '../model.js'

export function formatHtml(document: RunDocument): string {
  return document.format
}
