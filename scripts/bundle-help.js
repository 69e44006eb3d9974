// Puts all that `bailo-exp --help` needs of oclif into one file: reading some 140 small ones took most of its time. Also
// writes down whose work is in it, and under which licences.
import { build } from 'esbuild'
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const [entry, output] = ['dist/src/lib/cli/root-help.js', 'dist/src/lib/cli/root-help.bundle.js']
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outfile: output,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  // Only for sources in TypeScript, which the package has none of.
  external: ['typescript'],
  // Most packages in it are CommonJS. The name is one that none of them uses for itself.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url)",
  },
})
renameSync(join(root, output), join(root, entry))

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []),
)
const notices = [...packages].sort().map((directory) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'))
  const file = readdirSync(join(root, directory)).find((one) => /^licen[cs]e/i.test(one))
  const text = file && existsSync(join(root, directory, file)) ? readFileSync(join(root, directory, file), 'utf8') : ''
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
})
writeFileSync(
  join(root, 'dist', 'THIRD-PARTY-LICENSES.txt'),
  `src/lib/cli/root-help.js contains parts of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
)
