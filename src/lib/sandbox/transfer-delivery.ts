import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { UsageError } from '../errors.js'
import { CONTROL_PATH } from './control-path.js'
import { isLoopbackAddress, isOnThisMachine } from './loopback.js'
import type { SandboxParts } from './parts.js'
import type { Entry, Transfer, TransferArtefact } from './state.js'
import { packArchive } from './transfer-archive.js'
import { listFileContents, listImageContents } from './transfer-contents.js'
import { REQUESTED_MS } from './transfer-plan.js'

/** Another sandbox that exports are brought to. */
export interface MirrorPeer {
  /** Without a path; of this machine. */
  readonly url: string
  /** The value of the Authorization header with which it takes imports; undefined: none is sent. */
  readonly authorization: string | undefined
}

/** For one archive, however large: both ends are on this machine. */
const TIMEOUT_MS = 600_000

const ARCHIVES = `${CONTROL_PATH}/exports`

/**
 * Brings exports to another sandbox, part by part, in the background. It has each part fetched under an address that nobody
 * can guess and that is gone afterwards, as the signed addresses of a bucket are. What goes wrong is noted in the transfer, and
 * becomes a warning of the process.
 */
export class TransferDelivery {
  private readonly archives = new Map<string, () => Readable>()
  private readonly ending = new AbortController()
  private origin = ''

  /** @throws UsageError for a peer of another machine */
  constructor(
    private readonly peer: MirrorPeer,
    private readonly parts: SandboxParts,
    private readonly noteChange: () => void,
  ) {
    if (isOnThisMachine(peer.url)) return
    throw new UsageError(`${peer.url} is not of this machine, and a sandbox brings exports to no other.`, [
      'start another sandbox here, and use the dotenv file that its --write-env writes',
    ])
  }

  /** Adds the route that the archives are fetched from. */
  addTo(app: FastifyInstance): void {
    app.addHook('preClose', (done) => {
      this.ending.abort()
      done()
    })
    app.get<{ Params: { key: string } }>(`${ARCHIVES}/:key`, ({ params, raw }, reply) => {
      const open = isLoopbackAddress(raw.socket.remoteAddress ?? '') ? this.archives.get(params.key) : undefined
      return open === undefined ? reply.code(404).send() : reply.type('application/gzip').send(open())
    })
  }

  /** @param origin where this sandbox is reached */
  startAt(origin: string): void {
    this.origin = origin
  }

  /** Begins to bring an export. */
  deliver(transfer: Transfer, entry: Entry): void {
    this.deliverAll(transfer, entry).catch((error: unknown) => {
      if (!this.ending.signal.aborted) process.emitWarning(error instanceof Error ? error : String(error))
    })
  }

  private async deliverAll(transfer: Transfer, entry: Entry): Promise<void> {
    await sleep(REQUESTED_MS, undefined, { signal: this.ending.signal })
    for (const artefact of transfer.artefacts) {
      artefact.startsAtMs = Date.now()
      const failure = await this.deliverOne(transfer, artefact, entry)
      if (this.ending.signal.aborted) return
      artefact.endsAtMs = Date.now()
      if (failure !== undefined) {
        artefact.hasFailed = true
        process.emitWarning(
          `The sandbox did not bring ${artefact.kind} ${artefact.key} to ${this.peer.url}: ${failure}`,
        )
      }
      this.noteChange()
    }
  }

  /** Returns why it could not be brought; undefined when it was. */
  private async deliverOne(transfer: Transfer, artefact: TransferArtefact, entry: Entry): Promise<string | undefined> {
    const key = randomUUID()
    this.archives.set(key, () => this.openArchive(transfer, artefact, entry))
    try {
      const response = await fetch(`${this.peer.url}/api/v2/model/import/s3`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.peer.authorization !== undefined && { authorization: this.peer.authorization }),
        },
        body: JSON.stringify({ payloadUrl: `${this.origin}${ARCHIVES}/${key}` }),
        redirect: 'error',
        signal: AbortSignal.any([this.ending.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      const body = await response.text()
      return response.ok ? undefined : `it answered ${response.status} ${body.slice(0, 300)}`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      this.archives.delete(key)
    }
  }

  private openArchive({ archiveKey, createdBy }: Transfer, { kind, key }: TransferArtefact, entry: Entry): Readable {
    if (kind === 'documents') return this.parts.blobs.open(archiveKey ?? '')
    if (kind === 'file') return packArchive(listFileContents(this.parts, entry, key, createdBy))
    const [, repository = '', name = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(key) ?? []
    return packArchive(listImageContents(this.parts, entry, { repository, name, tag }, createdBy))
  }
}
