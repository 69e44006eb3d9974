// `npm run bench`: measures the tool against plain ways to do the same, and prints a table of ratios. See docs/performance.md.
//
//     npm run bench -- --only upload,start    some parts
//     npm run bench -- --quick                a tenth of the bytes and items, three rounds: for a first impression
//     npm run bench -- --rounds 9             more rounds than the usual five after the warm-up
//     npm run bench -- --scale 0.25           other sizes and counts than those of the targets
//     npm run bench -- --output FILE          where the figures go as JSON
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { printRow, printTable } from './table.js'

const targets = join(import.meta.dirname, 'targets')
const names = readdirSync(targets).map((file) => file.replace(/\.js$/, ''))
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: names.join(',') },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    output: { type: 'string', default: join(import.meta.dirname, '..', '..', 'bench-results', 'bench.json') },
  },
})
const chosen = values.only.split(',')
const unknown = chosen.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')} in ${names.join(', ')}.`)
  process.exit(2)
}

const machine = {
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
}
console.log(`Node.js ${machine.node}, ${machine.cores} cores of ${machine.processor}, ${machine.memoryGiB} GiB\n`)

/** What every part is given: how often it measures after the warm-up, and what its sizes and counts are multiplied with. */
const extent = values.quick ? { rounds: 3, scale: 0.1 } : { rounds: Number(values.rounds), scale: Number(values.scale) }
const rows = []
for (const name of chosen) {
  const { measure } = await import(join(targets, `${name}.js`))
  for (const row of await measure(extent)) {
    rows.push({ part: name, ...row })
    printRow(row)
  }
}
console.log()
printTable(rows)
const output = resolve(values.output)
mkdirSync(dirname(output), { recursive: true })
writeFileSync(
  output,
  `${JSON.stringify({ machine, rounds: extent.rounds, scale: extent.scale, rows }, undefined, 2)}\n`,
)
console.log(`\n${output}`)
