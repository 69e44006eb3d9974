// Puts together what HTML reports are made of besides their figures: see readAssets in
// src/lib/report/document/html/assets.ts. uPlot's licence goes wherever its code goes.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const target = join(root, 'dist', 'report-assets')
const library = join(root, 'node_modules', 'uplot')
const licence = readFileSync(join(library, 'LICENSE'), 'utf8').trim()

mkdirSync(target, { recursive: true })
for (const name of ['page.css', 'page.js']) copyFileSync(join(root, 'report-page', name), join(target, name))
for (const [source, name] of [
  ['uPlot.iife.min.js', 'uplot.js'],
  ['uPlot.min.css', 'uplot.css'],
]) {
  const code = readFileSync(join(library, 'dist', source), 'utf8').trim()
  writeFileSync(join(target, name), `/*! uPlot\n${licence}\n*/\n${code}\n`)
}
