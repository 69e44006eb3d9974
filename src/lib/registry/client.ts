import { createHash } from 'node:crypto'
import { bufferSource } from '../content/sources.js'
import type { Connection } from '../http/connection.js'
import { ConnectionError, ResponseError, UnexpectedAnswerError, type Operation } from '../http/errors.js'
import { readUpTo } from '../http/read-body.js'
import { readJsonText } from '../http/read-json-text.js'
import { showServerText } from '../http/server-text.js'
import { Authenticator } from './authenticator.js'
import { BlobUpload, type BlobTransfer } from './blob-upload.js'
import { READABLE_MANIFEST_TYPES } from './image/media-types.js'
import { repositoryPath } from './repository-path.js'
import { scopeOf, type Scope } from './scope.js'

/** Size up to which the OCI distribution specification expects registries to take manifests. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

export interface ManifestAnswer {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly digest: string
}

/** A client of one OCI registry (OCI distribution specification 1.1): what pushing and reading images takes. */
export class RegistryClient {
  readonly #connection: Connection
  readonly #authenticator: Authenticator

  constructor(connection: Connection) {
    this.#connection = connection
    this.#authenticator = new Authenticator(connection)
  }

  /**
   * Goes through the token flow as a request would, without any: for the registry as a whole, or for pushing to a
   * repository.
   *
   * @returns false when the registry wants no token
   * @throws ResponseError 401 or 403 when the keys do not have the right
   */
  async signIn(repository?: string): Promise<boolean> {
    return this.#authenticator.signIn(repository === undefined ? [] : [scopeOf(repository, 'pull', 'push')])
  }

  /** Opens an upload and cancels it: the registry takes pushes, and nothing is left of this one. */
  async tryUpload(repository: string): Promise<void> {
    await new BlobUpload(this.#connection, this.#authenticator, {
      repository,
      source: bufferSource(new Uint8Array()),
    }).tryOut()
  }

  /**
   * Reads a manifest or index by tag or digest, and checks that its bytes have the digest that was asked for.
   *
   * @throws ResponseError 404 when there is none
   */
  async getManifest(repository: string, reference: string): Promise<ManifestAnswer> {
    const operation: Operation = { method: 'GET', path: '/v2/<name>/manifests/<reference>' }
    return this.#authenticator.send(
      [scopeOf(repository, 'pull')],
      operation,
      {
        url: `${repositoryPath(repository)}/manifests/${encodeURIComponent(reference)}`,
        headers: { accept: READABLE_MANIFEST_TYPES.join(', ') },
        isRepeatable: true,
      },
      async ({ headers, body }) => {
        const { bytes, isWhole } = await readUpTo(body, MAX_MANIFEST_BYTES)
        if (!isWhole)
          throw new UnexpectedAnswerError(operation, `the manifest is larger than ${MAX_MANIFEST_BYTES} bytes.`)
        const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
        const expected = reference.startsWith('sha256:') ? reference : headers.get('docker-content-digest')
        if (expected?.startsWith('sha256:') && expected !== digest) {
          throw new UnexpectedAnswerError(
            operation,
            `the manifest has the digest ${digest}, not ${showServerText(expected)}.`,
          )
        }
        return { bytes, contentType: headers.get('content-type') ?? '', digest }
      },
    )
  }

  /** As {@link getManifest}, but undefined when there is none, or not even the repository. */
  async findManifest(repository: string, reference: string): Promise<ManifestAnswer | undefined> {
    try {
      return await this.getManifest(repository, reference)
    } catch (error) {
      if (error instanceof ResponseError && error.status === 404) return undefined
      throw error
    }
  }

  /** Stores a manifest or index under a tag or its digest. Its blobs and manifests must be there already. */
  async putManifest(
    repository: string,
    reference: string,
    manifest: { bytes: Uint8Array; mediaType: string; digest: string },
  ): Promise<void> {
    const operation: Operation = { method: 'PUT', path: '/v2/<name>/manifests/<reference>' }
    await this.#authenticator.send(
      [scopeOf(repository, 'pull', 'push')],
      operation,
      {
        url: `${repositoryPath(repository)}/manifests/${encodeURIComponent(reference)}`,
        headers: { 'content-type': manifest.mediaType },
        openBody: () => manifest.bytes,
        isRepeatable: true,
      },
      async ({ headers, body }) => {
        await body.dump()
        const stored = headers.get('docker-content-digest')
        if (stored !== null && stored !== manifest.digest) {
          throw new UnexpectedAnswerError(
            operation,
            `the registry stored ${showServerText(stored)}, not ${manifest.digest}.`,
          )
        }
      },
    )
  }

  /** The tags of a repository, in the registry's order. */
  async listTags(repository: string): Promise<readonly string[]> {
    const operation: Operation = { method: 'GET', path: '/v2/<name>/tags/list' }
    return this.#authenticator.send(
      [scopeOf(repository, 'pull')],
      operation,
      { url: `${repositoryPath(repository)}/tags/list`, isRepeatable: true },
      async (answer) => {
        const tags = readTags(await readJsonText(operation, answer))
        if (tags === undefined) throw new UnexpectedAnswerError(operation, 'the answer holds no list of tags.')
        return tags
      },
    )
  }

  /** The size in bytes of a blob, or undefined when the repository does not have it. */
  async findBlob(repository: string, digest: string): Promise<number | undefined> {
    return this.#findBlob(repository, digest, scopeOf(repository, 'pull'))
  }

  /** With the scope of a push, where one goes on: each further scope costs the server a check of the keys. */
  async #findBlob(repository: string, digest: string, scope: Scope): Promise<number | undefined> {
    return this.#authenticator.send(
      [scope],
      { method: 'HEAD', path: '/v2/<name>/blobs/<digest>' },
      { url: `${repositoryPath(repository)}/blobs/${digest}`, isRepeatable: true, accept: [404] },
      async ({ status, headers, body }) => {
        await body.dump()
        return status === 404 ? undefined : Number(headers.get('content-length'))
      },
    )
  }

  /**
   * Reads a small blob, such as an image's config, and checks that its bytes have the size and the digest that were asked for.
   *
   * @throws ResponseError 404 when the repository does not have it
   */
  async getBytes(repository: string, digest: string, sizeBytes: number): Promise<Uint8Array> {
    const operation: Operation = { method: 'GET', path: '/v2/<name>/blobs/<digest>' }
    return this.#authenticator.send(
      [scopeOf(repository, 'pull')],
      operation,
      { url: `${repositoryPath(repository)}/blobs/${digest}`, isRepeatable: true },
      async ({ body }) => {
        const { bytes } = await readUpTo(body, sizeBytes + 1)
        const [algorithm = ''] = digest.split(':')
        if (
          bytes.length === sizeBytes &&
          digest === `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
        ) {
          return bytes
        }
        throw new UnexpectedAnswerError(operation, `the bytes of ${showServerText(digest)} are other ones.`)
      },
    )
  }

  /**
   * Reads a blob of any size, and compares its bytes with its digest.
   *
   * @param onBytes called as bytes come; with a negative figure when they are read again
   * @returns whether the bytes have the digest
   * @throws ResponseError 404 when the repository does not have it
   */
  async verifyBlob(
    repository: string,
    digest: string,
    { onBytes, signal }: { onBytes?: (delta: number) => void; signal?: AbortSignal } = {},
  ): Promise<boolean> {
    let counted = 0
    return this.#authenticator.send(
      [scopeOf(repository, 'pull')],
      { method: 'GET', path: '/v2/<name>/blobs/<digest>' },
      { url: `${repositoryPath(repository)}/blobs/${digest}`, isRepeatable: true, signal },
      async ({ body }) => {
        onBytes?.(-counted)
        counted = 0
        const [algorithm = ''] = digest.split(':')
        const hash = createHash(algorithm)
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          hash.update(chunk)
          counted += chunk.length
          onBytes?.(chunk.length)
        }
        return digest === `${algorithm}:${hash.digest('hex')}`
      },
    )
  }

  /**
   * Streams a blob whose digest may be known only when its bytes have been sent.
   *
   * @returns its digest
   */
  async pushBlob(transfer: BlobTransfer): Promise<string> {
    const { repository } = transfer
    const upload = new BlobUpload(this.#connection, this.#authenticator, transfer)
    const digest = await upload.send()
    try {
      await upload.commit(digest)
    } catch (error) {
      // When only the answer was lost, the blob is there, and a repeated request finds its upload gone.
      const isAboutRequest = error instanceof ConnectionError || error instanceof ResponseError
      const storedBytes = isAboutRequest
        ? await this.#findBlob(repository, digest, scopeOf(repository, 'pull', 'push')).catch(() => undefined)
        : undefined
      if (storedBytes !== transfer.source.sizeBytes) throw error
    }
    return digest
  }

  /** Stores a small blob that is in memory, such as an image's config, unless it is there already. */
  async pushBytes(repository: string, bytes: Uint8Array): Promise<string> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if ((await this.#findBlob(repository, digest, scopeOf(repository, 'pull', 'push'))) === bytes.length) return digest
    return this.pushBlob({ repository, source: bufferSource(bytes) })
  }

  /**
   * Makes a blob of one repository available in another without sending it (OCI distribution specification, "Mounting a
   * blob from another repository").
   *
   * @returns false when the registry did not do so; then the blob has to be pushed
   */
  async mountBlob(repository: string, digest: string, fromRepository: string): Promise<boolean> {
    const scopes = [scopeOf(repository, 'pull', 'push'), scopeOf(fromRepository, 'pull')]
    const query = new URLSearchParams({ mount: digest, from: fromRepository })
    const url = `${repositoryPath(repository)}/blobs/uploads/?${query.toString()}`
    const start: Operation = { method: 'POST', path: '/v2/<name>/blobs/uploads/' }
    const options = { url, headers: { 'content-length': '0' }, isRepeatable: true }
    const answer = await this.#authenticator.send(scopes, start, options, async ({ status, headers, body }) => {
      await body.dump()
      return { isMounted: status === 201, unusedUpload: headers.get('location') }
    })
    if (!answer.isMounted && answer.unusedUpload !== null) {
      const cancel: Operation = { method: 'DELETE', path: '/v2/<name>/blobs/uploads/<reference>' }
      const request = { url: answer.unusedUpload, isRepeatable: false, isSingleAttempt: true }
      await this.#authenticator
        .send([scopeOf(repository, 'delete')], cancel, request, ({ body }) => body.dump())
        .catch(() => undefined)
    }
    return answer.isMounted
  }
}

/** The tags of a list of them, which is null for a repository without any; undefined when it is no list. */
function readTags(text: string): string[] | undefined {
  try {
    const tags = (JSON.parse(text) as { tags?: unknown } | null)?.tags ?? []
    return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : undefined
  } catch {
    return undefined
  }
}
