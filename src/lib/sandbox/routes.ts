import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { paths } from '../../../openapi/bailo-v2.js'
import { authenticate, type Principal } from './auth.js'
import type { Contract } from './contract.js'
import type { SandboxState } from './state.js'
import { RequestValidator } from './validation.js'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'

type OperationOf<Template extends keyof paths, M extends Method> = NonNullable<paths[Template][M]>
type ParametersOf<O, Place extends string> = O extends { parameters: { [P in Place]?: infer Values } }
  ? NonNullable<Values>
  : never
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer Body } } } ? Body : unknown
type AnswerOf<O> = O extends { responses: { 200: { content: { 'application/json': infer Answer } } } } ? Answer : never

/** A request that has passed authentication and validation, typed by the contract. */
export interface Call<O> {
  readonly principal: Principal
  readonly params: Readonly<Record<keyof ParametersOf<O, 'path'>, string>>
  readonly query: ParametersOf<O, 'query'>
  readonly body: BodyOf<O>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Returns the JSON answer of the contract, or the reply when the answer is something else. */
type Handler<O> = (call: Call<O>) => AnswerOf<O> | FastifyReply | Promise<AnswerOf<O> | FastifyReply>

export interface RouteOptions {
  /** Changes a JSON body as the server does before it validates it. */
  readonly coerceBody?: (body: Record<string, unknown>) => Record<string, unknown>
}

/** Adds the operations of the contract to the application. */
export class Routes {
  private readonly validator: RequestValidator
  /** By the shape of the URL: parameters have no names there, because the contract has two for one path. */
  private readonly methods = new Map<string, { readonly url: string; readonly names: Set<string> }>()

  constructor(
    private readonly app: FastifyInstance,
    private readonly contract: Contract,
    private readonly state: SandboxState,
  ) {
    this.validator = new RequestValidator(contract)
  }

  /**
   * Adds one operation.
   *
   * @throws TypeError when the contract does not have the operation
   */
  add<Template extends keyof paths, M extends Method>(
    method: M,
    template: Template,
    handle: Handler<OperationOf<Template, M>>,
    { coerceBody = (body) => body }: RouteOptions = {},
  ): void {
    const operation = this.contract.findOperation(method, template)
    if (operation === undefined) throw new TypeError(`${method} ${template} is not in the contract`)
    const validate = this.validator.compile(operation)
    const url = template.replace(/\{(\w+)\}/g, ':$1')
    this.noteMethod(url, method)
    this.app.route({
      method,
      url,
      handler: async (request, reply) => {
        const principal = this.identify(request)
        const body = coerceJsonBody(request.body, coerceBody)
        const { params } = request
        const query = validate({ params, query: request.query as Record<string, unknown>, body })
        return await handle({
          principal,
          params: params as Call<OperationOf<Template, M>>['params'],
          query: query as Call<OperationOf<Template, M>>['query'],
          body: body as Call<OperationOf<Template, M>>['body'],
          request,
          reply,
        })
      },
    })
  }

  /** Answers OPTIONS of every route added so far with its methods (observed). */
  addOptions(): void {
    for (const { url, names } of this.methods.values()) {
      const allowed = [...names].sort().join(', ')
      this.app.options(url, (_request, reply) =>
        reply.headers({ allow: allowed, 'content-type': 'text/plain' }).send(allowed),
      )
    }
  }

  /** The server shows the URL without the part under which its API is mounted. */
  private identify({ headers, url }: FastifyRequest): Principal {
    return authenticate(this.state, headers.authorization, url.replace(/^\/api\/v\d+/, ''))
  }

  private noteMethod(url: string, method: Method): void {
    const shape = url.replace(/:\w+/g, ':')
    const noted = this.methods.get(shape) ?? { url, names: new Set() }
    noted.names.add(method.toUpperCase())
    if (method === 'get') noted.names.add('HEAD')
    this.methods.set(shape, noted)
  }
}

/** A body that is not JSON arrives as a stream, and the server's JSON routes do not see it. */
function coerceJsonBody(body: unknown, coerceBody: NonNullable<RouteOptions['coerceBody']>): unknown {
  if (body instanceof Readable || typeof body !== 'object' || body === null) return undefined
  return Array.isArray(body) ? body : coerceBody(body as Record<string, unknown>)
}
