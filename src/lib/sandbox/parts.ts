import type { BlobStore } from './blob-store.js'
import type { Contract } from './contract.js'
import type { MultipartUploads } from './multipart.js'
import type { RegistryStore } from './registry/index.js'
import type { ScannerOptions } from './scan-plan.js'
import type { Entry, SandboxState, Transfer } from './state.js'

/** What the routes work on. */
export interface SandboxParts {
  readonly state: SandboxState
  /** The bytes of files and of images. */
  readonly blobs: BlobStore
  readonly images: RegistryStore
  /** The uploads of files that are under way. */
  readonly multipart: MultipartUploads
  readonly contract: Contract
  /** Undefined: there are no scanners. */
  readonly scanners: ScannerOptions | undefined
  /** True when the specification is served where instances from before May 2026 had it, and nowhere else. */
  readonly hasOlderSpecification: boolean
  /** Brings exports to another sandbox, in the background; undefined: they only seem to be copied. */
  readonly delivery?: { deliver(transfer: Transfer, entry: Entry): void }
}
