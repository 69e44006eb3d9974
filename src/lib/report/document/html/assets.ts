import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** What every HTML report has in it. */
export interface Assets {
  readonly styles: string
  /** In the order in which they run. */
  readonly scripts: readonly string[]
}

const ROOT = path.resolve(import.meta.dirname, '../../../../..')
/** The build puts them beside its copy of the sources; a test that runs on the sources finds them in the build. */
const DIRECTORIES = ['report-assets', 'dist/report-assets'].map((name) => path.join(ROOT, name))

/** Reads what the build has put together: see scripts/write-report-assets.js. */
export async function readAssets(): Promise<Assets> {
  const [libraryStyles, pageStyles, ...scripts] = await Promise.all(
    ['uplot.css', 'page.css', 'uplot.js', 'page.js'].map(readAsset),
  )
  return { styles: `${libraryStyles}\n${pageStyles}`, scripts }
}

async function readAsset(name: string): Promise<string> {
  const [built = '', fromSources = ''] = DIRECTORIES
  return readFile(path.join(built, name), 'utf8').catch(() => readFile(path.join(fromSources, name), 'utf8'))
}
