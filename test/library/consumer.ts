import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A project that uses bailo-exp as it would be installed from its package. */
export interface Consumer {
  readonly directory: string
  remove(): Promise<void>
}

/**
 * Packs the package as it is published and puts it into a project of its own, beside what it depends on, which is not
 * downloaded again.
 */
export function createConsumer(): Consumer {
  const directory = mkdtempSync(path.join(tmpdir(), 'bailo-exp-consumer-'))
  const modules = path.join(directory, 'node_modules')
  mkdirSync(modules)
  // The build is there already, and scripts would make it again.
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory]
  execFileSync('npm', pack, { cwd: ROOT, stdio: 'ignore', shell: process.platform === 'win32' })
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? ''
  execFileSync('tar', ['-xzf', tarball], { cwd: directory })
  const installed = path.join(modules, 'bailo-exp')
  cpSync(path.join(directory, 'package'), installed, { recursive: true })
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === 'bailo-exp') continue
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name), 'junction')
  }
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }))
  for (const name of readdirSync(path.join(installed, 'examples'))) {
    cpSync(path.join(installed, 'examples', name), path.join(directory, name))
  }
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) }
}
