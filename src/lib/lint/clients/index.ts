import path from 'node:path'
import { UsageError } from '../../errors.js'
import type { ClientUse } from '../client-call.js'
import { type ClientFile, isDirectory, readClientDirectory, readClientFile } from './client-files.js'

/** A client that was read. */
export interface Client extends ClientUse {
  /** What the user called it. */
  readonly label: string
  /** True for this tool's own contract. */
  readonly isContract: boolean
}

/**
 * Reads the client that a value of `--client` names: `contract`, a Python file, a directory with Python files, or recorded
 * traffic (.har). A client without any call is returned too.
 *
 * @throws UsageError when there is no such client, or it cannot be read
 */
export async function readClient(spec: string): Promise<Client> {
  const isContract = spec === 'contract'
  return { label: spec, isContract, ...(isContract ? await readContract() : await readFiles(spec)) }
}

async function readFiles(spec: string): Promise<ClientUse> {
  if (await isDirectory(spec)) return readPython(await readClientDirectory(spec))
  switch (path.extname(spec).toLowerCase()) {
    case '.py':
      return readPython([await readClientFile(spec)])
    case '.har':
      return readHar(await readClientFile(spec))
    default:
      throw new UsageError(`${spec} is no client that can be read`, [
        'Name a Python file (.py), a directory with such files, recorded traffic (.har), or the word contract',
      ])
  }
}

// What only one kind of client needs is loaded for that kind only.

async function readContract(): Promise<ClientUse> {
  const [{ readContractClient }, { readShippedContract }] = await Promise.all([
    import('./contract.js'),
    import('./shipped-contract.js'),
  ])
  const { document, text } = await readShippedContract()
  return readContractClient(document, text)
}

async function readHar(file: ClientFile): Promise<ClientUse> {
  const { readHarClient } = await import('./har.js')
  return readHarClient(file.path, file.text)
}

async function readPython(files: readonly ClientFile[]): Promise<ClientUse> {
  const { readPythonClient } = await import('./python/index.js')
  const uses = files.map((file) => readPythonClient(file.path, file.text))
  return { calls: uses.flatMap(({ calls }) => calls), unreadable: uses.flatMap(({ unreadable }) => unreadable) }
}
