import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UsageError } from '../errors.js'
import { CONTROL_PATH } from './control-path.js'
import { BailoError, badRequest } from './errors.js'
import type { FaultInjector } from './faults/injector.js'
import { parseFaultRule } from './faults/parse-rule.js'
import type { FaultRule } from './faults/rule.js'
import { isLoopbackAddress } from './loopback.js'
import type { RequestLog } from './request-log.js'
import type { SavedKeys } from './snapshot-file.js'

interface ControlParts {
  readonly faults: FaultInjector
  readonly log: RequestLog
  /** Nobody else's keys are taken. */
  readonly keys: SavedKeys
}

/**
 * Adds what only the sandbox has, for tests: its faults and its count of requests. From this machine only, with the keys that
 * the sandbox was started with.
 */
export function registerControl(app: FastifyInstance, { faults, log, keys }: ControlParts): void {
  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, _reply, next) => {
      next(explainRefusal(request, keys))
    })
    scope.get(`${CONTROL_PATH}/faults`, () => ({ rules: faults.counts }))
    scope.put(`${CONTROL_PATH}/faults`, ({ body }) => {
      faults.change(readRules(body))
      return { rules: faults.counts }
    })
    scope.delete(`${CONTROL_PATH}/faults`, () => {
      faults.change([])
      return { rules: [] }
    })
    scope.get(`${CONTROL_PATH}/requests`, () => log.summarise())
    scope.delete(`${CONTROL_PATH}/requests`, () => {
      log.clear()
      return log.summarise()
    })
    done()
  })
}

function explainRefusal({ raw, headers }: FastifyRequest, { accessKey, secretKey }: SavedKeys): BailoError | undefined {
  if (!isLoopbackAddress(raw.socket.remoteAddress ?? '')) {
    return new BailoError(403, 'The sandbox takes orders from its own machine only.')
  }
  const expected = `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`
  if (headers.authorization === expected) return undefined
  return new BailoError(401, 'The sandbox takes orders with the keys that it was started with only.')
}

/** @throws BailoError 400 that says which rule is wrong, and how */
function readRules(body: unknown): FaultRule[] {
  const { rules } = (body ?? {}) as { rules?: unknown }
  if (!Array.isArray(rules) || !rules.every((rule) => typeof rule === 'string')) {
    throw badRequest('The body has to be JSON such as {"rules": ["release-create x3 status=503"]}.')
  }
  try {
    return rules.map(parseFaultRule)
  } catch (error) {
    if (error instanceof UsageError) throw badRequest(error.message, { tryNext: error.tryNext })
    throw error
  }
}
