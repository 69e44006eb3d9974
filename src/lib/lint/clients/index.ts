import { UsageError } from '../../errors.js'
import type { ClientUse } from '../client-call.js'
import { readContractClient } from './contract.js'
import { readShippedContract } from './shipped-contract.js'

/** A client that was read. */
export interface Client extends ClientUse {
  /** What the user called it. */
  readonly label: string
  /** True for this tool's own contract. */
  readonly isContract: boolean
}

/**
 * Reads the client that a value of `--client` names: `contract`, a Python file, a directory of Python files, or
 * recorded traffic (.har).
 *
 * @throws UsageError when there is no such client, or it cannot be read
 */
export async function readClient(spec: string): Promise<Client> {
  if (spec === 'contract') {
    const { document, text } = await readShippedContract()
    return { label: spec, isContract: true, ...readContractClient(document, text) }
  }
  throw new UsageError(`${spec} is no client: name contract, a .py file, a directory of them or a .har file`)
}
