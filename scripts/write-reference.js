// Writes docs/commands.md from oclif's manifest, and the table of commands into README.md between its marks. With --check it
// only says whether they are as they should be. Run `npm run build` first.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

const root = join(import.meta.dirname, '..')
const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const [BEGIN, END] = ['<!-- commands -->', '<!-- /commands -->']

const shown = Object.values(commands)
  .filter(({ hidden }) => !hidden)
  .map((command) => ({ ...command, name: command.id.replaceAll(':', ' ') }))
  .sort((a, b) => (a.name < b.name ? -1 : 1))

/** Fills in what oclif fills in when it shows help. */
function fillIn(text, { name }) {
  return text
    .replaceAll('<%= config.bin %>', 'bailo-exp')
    .replaceAll('<%= command.id %>', name)
    .replaceAll('<%= config.version %>', version)
}

/** Text within a table: no line ends, and no character that means something there. */
function inCell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<').replace(/\s+/g, ' ')
}

function describeFlag(flag) {
  const forms = flag.allowNo ? `--[no-]${flag.name}` : `--${flag.name}`
  const value = flag.options?.join('|') ?? flag.helpValue ?? 'VALUE'
  const word = flag.type === 'option' ? `${forms} ${value.replaceAll('|', '\\|')}` : forms
  const isTold = ![undefined, false, ''].includes(flag.default) && !/\[default/.test(flag.description ?? '')
  const fallback = isTold && typeof flag.default !== 'object' ? ` [default: ${flag.default}]` : ''
  const variable = flag.env ? ` [variable: ${flag.env}]` : ''
  return `| \`${word}\` | ${inCell(`${flag.description ?? flag.summary ?? ''}${fallback}${variable}`)} |`
}

function describeCommand(command) {
  const args = Object.values(command.args).map(
    ({ name, description = '' }) => `| \`${name.toUpperCase()}\` | ${inCell(description)} |`,
  )
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden)
  const groups = [...new Set(flags.map(({ helpGroup = '' }) => helpGroup))].sort()
  const examples = (command.examples ?? []).map(
    (example) => `    ${fillIn(typeof example === 'string' ? example : example.command, command)}`,
  )
  return [
    `## ${command.name}`,
    fillIn(command.summary ?? '', command),
    fillIn(command.description ?? '', command),
    ...(examples.length > 0 ? [examples.join('\n')] : []),
    ...(args.length > 0 ? [`| Argument | |\n| - | - |\n${args.join('\n')}`] : []),
    ...groups.map((group) => {
      const rows = flags.filter(({ helpGroup = '' }) => helpGroup === group).map(describeFlag)
      return `| ${group ? `${group[0]}${group.slice(1).toLowerCase()}` : 'Flag'} | |\n| - | - |\n${rows.join('\n')}`
    }),
  ].join('\n\n')
}

async function pretty(text, file) {
  return format(text, { ...(await resolveConfig(file)), parser: 'markdown' })
}

const reference = `# Commands

Written by \`npm run reference\` from what the commands say of themselves; \`bailo-exp help COMMAND\` shows the same.

${shown.map(describeCommand).join('\n\n')}
`
const table = `| Command | Does |\n| - | - |\n${shown
  .map(
    (command) =>
      `| [\`${command.name}\`](docs/commands.md#${command.name.replaceAll(' ', '-')}) | ${inCell(fillIn(command.summary ?? '', command))} |`,
  )
  .join('\n')}`

const referenceFile = join(root, 'docs/commands.md')
const readmeFile = join(root, 'README.md')
const readme = readFileSync(readmeFile, 'utf8')
const [start, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
if (start < 0 || end < start) throw new Error(`README.md lacks ${BEGIN} or ${END}`)
const wanted = new Map([
  [referenceFile, await pretty(reference, referenceFile)],
  [
    readmeFile,
    await pretty(`${readme.slice(0, start + BEGIN.length)}\n\n${table}\n\n${readme.slice(end)}`, readmeFile),
  ],
])
const stale = [...wanted].filter(([file, text]) => !isThere(file, text))
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is stale: npm run reference`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [file, text] of stale) writeFileSync(file, text)
}

function isThere(file, text) {
  try {
    return readFileSync(file, 'utf8') === text
  } catch {
    return false
  }
}
