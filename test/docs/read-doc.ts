import { readFile } from 'node:fs/promises'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A block of code in Markdown, between fences. */
export interface CodeBlock {
  readonly language: string
  readonly text: string
  /** The last line before it that is not empty. */
  readonly before: string
}

/** Reads a file of docs/. */
export function readDoc(name: string): Promise<string> {
  return readFile(path.join(ROOT, 'docs', name), 'utf8')
}

export function findCodeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    before: markdown.slice(0, index).trimEnd().split('\n').at(-1) ?? '',
  }))
}
