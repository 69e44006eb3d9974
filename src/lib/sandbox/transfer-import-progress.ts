import type { Principal } from './auth.js'
import type { Entry, SandboxState, Transfer, TransferArtefact } from './state.js'
import { describeTransfer, planImported } from './transfer-plan.js'
import { dispatchEvent } from './webhook-delivery.js'

export type NamedArtefact = Pick<TransferArtefact, 'key' | 'kind'>

/** Notes that documents came, and what is still to come of what they name. */
export function noteDocuments(
  state: SandboxState,
  { user }: Principal,
  entry: Entry,
  named: readonly NamedArtefact[],
): void {
  const modelId = entry.model.id
  const transfer: Transfer = { ...state.newDocument(), modelId, createdBy: user, artefacts: planImported(named) }
  state.transfers.set(transfer._id, transfer)
  if (named.length === 0) tellOfEnd(entry, transfer)
}

/** Notes that one of the named things came with its bytes. The webhooks of the model are told of the last one. */
export function noteContent({ transfers }: SandboxState, entry: Entry, key: string): void {
  for (const transfer of transfers.values()) {
    if (transfer.modelId !== entry.model.id) continue
    const awaited = transfer.artefacts.filter(({ endsAtMs }) => endsAtMs === Infinity)
    const arrived = awaited.find((artefact) => artefact.key === key)
    if (arrived === undefined) continue
    arrived.endsAtMs = Date.now()
    if (awaited.length === 1) tellOfEnd(entry, transfer)
  }
}

function tellOfEnd(entry: Entry, transfer: Transfer): void {
  const content = { transfer: describeTransfer(transfer) }
  dispatchEvent(entry, 'importModel', `Model ${entry.model.id} has been imported`, content)
}
