import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { covers, requiredForRepository, type RequiredAccess } from './access.js'
import { handleBlob } from './blob-routes.js'
import type { RegistryAnswer, RegistryCall, RegistryFault } from './call.js'
import { challenge } from './challenge.js'
import { RegistryError } from './errors.js'
import { handleManifest } from './manifest-routes.js'
import { isRepositoryName, parsePath, type RegistryResource } from './paths.js'
import type { RegistryStore } from './store.js'
import { handleTags } from './tag-routes.js'
import type { TokenIssuer } from './tokens.js'
import { UploadRoutes } from './upload-routes.js'
import { UploadStates } from './upload-state.js'

/** Answers everything under `/v2/`: finds out what a path stands for, checks the token, calls the route. */
export class Registry {
  private readonly uploadRoutes: UploadRoutes

  constructor(
    private readonly store: RegistryStore,
    private readonly tokens: TokenIssuer,
    private readonly faultOf: (request: FastifyRequest) => RegistryFault | undefined = () => undefined,
  ) {
    this.uploadRoutes = new UploadRoutes(store, new UploadStates())
  }

  async handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { '*': path = '' } = request.params as Record<string, string>
    const resource = parsePath(path)
    if (resource === undefined) return reply.code(404).type('text/plain; charset=utf-8').send('404 page not found\n')
    reply.header('docker-distribution-api-version', 'registry/2.0')
    const call: RegistryCall = {
      method: request.method,
      headers: request.headers,
      query: new URL(request.url, 'http://localhost').searchParams,
      body: (request.body as Readable | undefined) ?? request.raw,
      fault: this.faultOf(request),
    }
    this.authorise(call, resource)
    const { status, headers = {}, body } = await this.dispatch(call, resource)
    return reply.code(status).headers(headers).send(body)
  }

  private async dispatch(call: RegistryCall, resource: RegistryResource): Promise<RegistryAnswer> {
    switch (resource.kind) {
      case 'base':
        return { status: 200, body: {} }
      case 'catalog':
        // Not reached: no token is ever issued for the catalogue (observed).
        throw new RegistryError('UNSUPPORTED')
      case 'tags':
        return handleTags(this.store, call, resource.repository)
      case 'manifest':
        return await handleManifest(this.store, call, resource)
      case 'blob':
        return handleBlob(this.store, call, resource)
      case 'uploads':
        return await this.uploadRoutes.handleStart(call, resource.repository)
      case 'upload':
        return await this.uploadRoutes.handleUpload(call, resource)
    }
  }

  /** Only a token opens the registry; keys sent straight to it are no better than nothing (observed). */
  private authorise(call: RegistryCall, resource: RegistryResource): void {
    const { authorization = '', host = '' } = call.headers
    const required = requiredFor(call, resource)
    const [, token] = /^Bearer (\S+)$/i.exec(authorization) ?? []
    if (token === undefined) throw challenge(host, required)
    if (call.fault?.kind === 'expire-token' && !this.tokens.expire(token)) call.fault.miss()
    const grants = this.tokens.verify(token)
    if (grants === undefined) throw challenge(host, required, 'invalid_token')
    if (!covers(grants, required)) throw challenge(host, required, 'insufficient_scope')
  }
}

function requiredFor({ method, query }: RegistryCall, resource: RegistryResource): RequiredAccess[] {
  if (resource.kind === 'base') return []
  if (resource.kind === 'catalog') return [{ type: 'registry', name: 'catalog', action: '*' }]
  const { repository } = resource
  if (!isRepositoryName(repository)) throw new RegistryError('NAME_INVALID', { details: [repository] })
  // There is nothing to mount from what cannot be a repository, and its name might not fit into the challenge's header.
  const from = query.get('from') ?? ''
  return requiredForRepository(method, repository, isRepositoryName(from) ? from : '')
}
