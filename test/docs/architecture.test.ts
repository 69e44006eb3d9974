import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readDoc } from './read-doc.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const doc = await readDoc('architecture.md')
const rows = [...doc.matchAll(/^\| `(src\/[\w/.-]+)` +\| (\S+) +\|/gm)].map(([, name = '', layer = '']) => ({
  name,
  layer,
}))

/** The text of all sources in a folder. */
function readAll(folder: string): string {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(ROOT, folder, name), 'utf8'))
    .join('\n')
}

describe('docs/architecture.md', () => {
  it('names every folder of the sources, and no other', () => {
    const folders = readdirSync(path.join(ROOT, 'src/lib')).map((name) => `src/lib/${name}`)
    expect(rows.map(({ name }) => name).sort()).toEqual([...folders, 'src/commands'].sort())
  })

  it('has them in its diagram, all of them connected', () => {
    const diagram = /```mermaid\n([\s\S]*?)```/.exec(doc)?.[1] ?? ''
    const withoutLabels = diagram.replace(/\["[^"]*"\]/g, '')
    const edges = [...withoutLabels.matchAll(/^ {2}(\w+) (?:-->|-\. .* \.-) (\w+)$/gm)]
    expect(edges).toHaveLength(withoutLabels.trim().split('\n').length - 1)
    const nodes = new Set(edges.flatMap(([, from = '', to = '']) => [from, to]))
    const labels = [...diagram.matchAll(/\["([^":]*)/g)].flatMap(([, label = '']) => label.split(', '))
    const folders = rows.map(({ name }) => path.basename(name)).filter((name) => name !== 'errors.ts')
    expect(labels.sort()).toEqual(folders.sort())
    // demo is in the label of experiments.
    expect(nodes.size).toBe(folders.length - 1)
  })

  it('has arrows that are imports, and point downwards', () => {
    const layers = new Map(rows.map(({ name, layer }) => [path.basename(name).replace('-', ''), Number(layer)]))
    const places = new Map(rows.map(({ name }) => [path.basename(name).replace('-', ''), name]))
    const arrows = [...doc.replace(/\["[^"]*"\]/g, '').matchAll(/^ {2}(\w+) --> (\w+)$/gm)]
    expect(arrows.length).toBeGreaterThan(15)
    for (const [arrow, from = '', to = ''] of arrows) {
      const pattern = new RegExp(`(from |import\\()'(\\.\\./)+(lib/)?${path.basename(places.get(to) ?? '')}/`)
      expect(pattern.test(readAll(places.get(from) ?? '')), arrow).toBe(true)
    }
    for (const [arrow, from = '', to = ''] of arrows.filter(([, , target]) => target !== 'sandbox')) {
      expect(layers.get(to), arrow).toBeGreaterThan(layers.get(from) ?? NaN)
    }
  })
})
