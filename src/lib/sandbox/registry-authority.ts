import { explainRefusal, findTokenByHeader, toPrincipal, type Principal } from './auth.js'
import { BailoError } from './errors.js'
import { isDataCard } from './model-rights.js'
import type { RegistryAction, RegistryAuthority } from './registry/index.js'
import type { SandboxState } from './state.js'

const ACTIONS: readonly RegistryAction[] = ['pull', 'push', 'delete']

/** Says for the registry who is asking, and what they may do with the images of a model. */
export class SandboxAuthority implements RegistryAuthority<Principal> {
  constructor(private readonly state: SandboxState) {}

  identify(header: string): ReturnType<RegistryAuthority<Principal>['identify']> {
    try {
      return Promise.resolve({ ok: true, principal: toPrincipal(this.state, findTokenByHeader(this.state, header)) })
    } catch (error) {
      const message = error instanceof BailoError ? error.message : 'Access key and secret key were not provided.'
      return Promise.resolve({ ok: false, message })
    }
  }

  permittedActions(principal: Principal, modelId: string): ReadonlySet<RegistryAction> | undefined {
    const entry = this.state.entries.get(modelId)
    if (entry === undefined || isDataCard(entry)) return undefined
    return new Set(ACTIONS.filter((action) => findRefusal(principal, modelId, action) === undefined))
  }

  explainDenial(principal: Principal, modelId: string, action: RegistryAction): string {
    return findRefusal(principal, modelId, action) ?? 'You do not have permission to do this.'
  }
}

/** The server reads the model first, which needs an action of its own. */
function findRefusal(principal: Principal, modelId: string, action: RegistryAction): string | undefined {
  const refusal = explainRefusal(principal, modelId, 'model:read')
  if (refusal !== undefined || action !== 'pull') return refusal ?? explainRefusal(principal, modelId, 'image:write')
  return explainRefusal(principal, modelId, 'image:read', 'pullImage')
}
