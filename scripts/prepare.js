// Installs and builds what a fresh clone lacks, and nothing that is already there. It runs before `npm run demo` and
// `npm test`, so it uses only what Node itself brings.
import { execSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`bailo-exp needs Node.js 20.19 or newer; this is ${process.version}.`)
  process.exit(2)
}
process.chdir(join(import.meta.dirname, '..'))

/** One digest over the names and contents of files and folders. */
function fingerprint(paths) {
  const hash = createHash('sha256')
  const visit = (path) => {
    hash.update(path)
    hash.update(readFileSync(path))
  }
  for (const path of paths) {
    if (!existsSync(path)) continue
    const entries = path.includes('.')
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
    entries.forEach(visit)
  }
  return hash.digest('hex')
}

/** Runs a command when the files it depends on have changed since it last succeeded. */
function unlessUpToDate(stampFile, inputs, output, command) {
  const wanted = fingerprint(inputs)
  if (existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return
  try {
    // stdout belongs to the command that this prepares for; the build tools' own news are nobody's concern here.
    execSync(command, { stdio: ['ignore', 2, 2], env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true' } })
  } catch (error) {
    console.error(`${command} failed; see above.`)
    process.exit(error.status ?? 1)
  }
  mkdirSync(join(stampFile, '..'), { recursive: true })
  writeFileSync(stampFile, wanted)
}

unlessUpToDate(
  'node_modules/.bailo-exp-installed',
  ['package-lock.json'],
  'node_modules/.package-lock.json',
  // Also where the environment asks for production: nothing can be built without its tools.
  'npm ci --include=dev',
)
unlessUpToDate(
  'dist/.built',
  ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts', 'src', 'openapi', 'report-page'],
  'dist/src/commands',
  'npm run --silent build',
)
