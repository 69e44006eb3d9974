// Records a session into docs/session.md: commands as a newcomer would try them, and what they print. Run it with
// `npm run session`; times, ports and ids differ from one recording to the next.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const directory = mkdtempSync(join(tmpdir(), 'bailo-exp-session-'))

const steps = [
  ['A copy of a model, in a Bailo that exists only for it.', ['sandbox', '--demo', '--', 'clone-releases', '--quiet']],
  [
    'The same while requests go wrong: what was lost is looked up, what failed is tried again.',
    ['sandbox', '--demo', '--fault', 'any every=6 lost', '--', 'clone-releases', '--quiet'],
  ],
  [
    'How much a server takes at the same time.',
    ['sandbox', '--', 'concurrent-file-uploads', '--count', '16', '--size', '4MiB', '--ramp', '1,4,16', '--quiet'],
  ],
  ['What can be run here, and what cannot.', ['sandbox', '--', 'doctor']],
  ['A mistyped command.', ['clone-releasse']],
]

const parts = steps.map(([title, args]) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'bin/run.js'), ...args], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: directory, NO_COLOR: '1' },
  })
  const command = args.map((word) => (/^[\w./:=,-]+$/.test(word) ? word : `'${word}'`)).join(' ')
  const output = `${stderr}${stdout}`.trimEnd()
  const code = status === 0 ? '' : `\nexit code ${status}`
  return `${title}\n\n\`\`\`text\n$ bailo-exp ${command}\n${output}${code}\n\`\`\`\n`
})
rmSync(directory, { recursive: true })
writeFileSync(
  join(root, 'docs/session.md'),
  `# A session\n\nRecorded by \`npm run session\`, as it was printed.\n\n${parts.join('\n')}`,
)
