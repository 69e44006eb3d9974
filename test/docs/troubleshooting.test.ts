import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDoc } from './read-doc.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

const doc = await readDoc('troubleshooting.md')
const messages = [...doc.matchAll(/^### `(.+)`$/gm)].map(([, message = '']) => message)

/** What the sources say, line by line: texts that are joined as one, also with expressions as three dots. */
const statements = ['src', 'bin']
  .flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
  )
  .filter((name) => /\.(ts|js)$/.test(name))
  .flatMap((name) => listTexts(readFileSync(path.join(ROOT, name), 'utf8')))

function listTexts(source: string): string[] {
  const joined = source.replace(/['`] \+\s*['`]/g, '')
  const withDots = joined.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '...')
  return [...joined.split('\n'), ...withDots.split('\n')].filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
}

/** Whether a line of the sources holds the parts of a message, in their order. */
function isShown(message: string): boolean {
  const parts = message.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(parts.join('.*?'))
  return statements.some((statement) => pattern.test(statement))
}

describe('docs/troubleshooting.md', () => {
  it('has a message for each part of the tool', () => {
    expect(messages.length).toBeGreaterThan(35)
    expect(new Set(messages).size).toBe(messages.length)
  })

  it.each(messages)('quotes what can be shown: %s', (message) => {
    expect(isShown(message)).toBe(true)
  })

  it('would notice a message that is not there any more', () => {
    expect(isShown('The address of the Bailo instance is missing.')).toBe(false)
    expect(isShown('no answer from ... (connection refused by nobody)')).toBe(false)
  })

  it('names flags that there are', () => {
    const flags = new Set([...doc.matchAll(/`(?:[\w-]+ )*(--[a-z-]+)/g)].map(([, flag = '']) => flag.slice(2)))
    const sources = ['commands', 'lib/cli']
      .flatMap((folder) =>
        readdirSync(path.join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          path.join('src', folder, name),
        ),
      )
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(path.join(ROOT, name), 'utf8'))
      .join('\n')
    expect(flags.size).toBeGreaterThan(10)
    for (const flag of flags) {
      const pattern = new RegExp(`^ +'?${flag.replace(/^no-/, '(no-)?')}'?: `, 'm')
      expect(pattern.test(sources), flag).toBe(true)
    }
  })
})
