import type { Format } from './format.js'

/** The formats by name; each is loaded only when it is asked for. */
const LOADERS = {
  stylish: async (): Promise<Format> => (await import('./stylish.js')).stylish,
  json: async (): Promise<Format> => (await import('./json.js')).json,
  github: async (): Promise<Format> => (await import('./github.js')).github,
  sarif: async (): Promise<Format> => (await import('./sarif.js')).sarif,
  junit: async (): Promise<Format> => (await import('./junit.js')).junit,
  markdown: async (): Promise<Format> => (await import('./markdown.js')).markdown,
}

export type FormatName = keyof typeof LOADERS

export const FORMAT_NAMES = Object.keys(LOADERS) as FormatName[]

export function loadFormat(name: FormatName): Promise<Format> {
  return LOADERS[name]()
}
