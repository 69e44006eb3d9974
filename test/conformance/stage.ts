import { createHash } from 'node:crypto'
import { Pool, type Dispatcher } from 'undici'
import type { Sandbox } from '../../src/lib/sandbox/index.js'
import { Bindings } from './bindings.js'
import type { Answer } from './compare.js'
import type { Sample } from './samples.js'

export interface Keys {
  readonly accessKey: string
  readonly secretKey: string
}

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: Dispatcher.DispatchOptions['body']
}

/** A sandbox on which the captured exchanges are played, and what has been learnt so far. */
export class Stage {
  readonly bindings = new Bindings()
  /** By the name of the exchange that created the token. */
  readonly keys = new Map<string, Keys>()
  /** Where uploads of blobs go that were begun and not yet completed. */
  readonly openUploads: string[] = []
  private readonly pool: Pool
  private readonly byName: ReadonlyMap<string, Sample>

  constructor(
    readonly sandbox: Sandbox,
    samples: readonly Sample[],
  ) {
    this.pool = new Pool(sandbox.url)
    this.byName = new Map([...samples].reverse().map((sample) => [sample.name, sample]))
  }

  /** Returns the first sample of the name. */
  sample(name: string): Sample {
    const sample = this.byName.get(name)
    if (sample === undefined) throw new RangeError(`No sample is called ${name}`)
    return sample
  }

  async send({ method, path, headers = {}, body = null }: Request): Promise<Answer> {
    const answer = await this.pool.request({ method, path, headers, body })
    const text = await answer.body.text()
    const isJson = text !== '' && /json/.test(String(answer.headers['content-type']))
    return { status: answer.statusCode, headers: answer.headers, body: isJson ? (JSON.parse(text) as unknown) : text }
  }

  /** Sends what has to succeed, as the user in person, and returns the body of the answer. */
  async do<Body>(method: string, path: string, json?: unknown): Promise<Body> {
    const body = json === undefined ? null : JSON.stringify(json)
    return this.expect<Body>({ method, path, headers: { 'content-type': 'application/json' }, body })
  }

  async upload(modelId: string, name: string, content: Buffer): Promise<string> {
    const path = `/api/v2/model/${modelId}/files/upload/simple?name=${encodeURIComponent(name)}`
    const { file } = await this.expect<{ file: { id: string } }>({ method: 'POST', path, body: content })
    return file.id
  }

  /** Returns the header of a registry token for the scope, for instance `repository:my-model-ab12cd/img:pull`. */
  async bearer(scope: string): Promise<string> {
    const path = `/api/v1/registry_auth?service=RegistryAuth&scope=${scope}`
    const headers = { authorization: basic(this.sandbox) }
    return `Bearer ${(await this.expect<{ token: string }>({ method: 'GET', path, headers })).token}`
  }

  /** Completes the upload of a blob that was begun first, and returns the digest. */
  async completeUpload(repository: string, content: Buffer): Promise<string> {
    const location = this.openUploads.shift()
    if (location === undefined) throw new RangeError('No upload was begun')
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
    const headers = { authorization: await this.bearer(`repository:${repository}:pull,push`) }
    await this.expect({ method: 'PUT', path: `${location}&digest=${digest}`, headers, body: content })
    return digest
  }

  async close(): Promise<void> {
    await this.pool.destroy()
    await this.sandbox.close()
  }

  async expect<Body>(request: Request): Promise<Body> {
    const answer = await this.send(request)
    if (answer.status >= 300) {
      throw new Error(`${request.method} ${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
    return answer.body as Body
  }
}

export function basic({ accessKey, secretKey }: Keys): string {
  return `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`
}
