export type RegistryAction = 'pull' | 'push' | 'delete'

/** What the registry must know of users and models; the sandbox's API side answers. */
export interface RegistryAuthority<Principal = unknown> {
  /** Checks the header of a token request. The message of a refusal is shown to the client, as status 401. */
  identify(authorizationHeader: string): Promise<{ ok: true; principal: Principal } | { ok: false; message: string }>
  /** Returns what the principal may do with the images of the model; undefined when there is no such model. */
  permittedActions(principal: Principal, modelId: string): ReadonlySet<RegistryAction> | undefined
  /**
   * Returns why an action that `permittedActions` left out is refused, for instance "This token is missing the required
   * action: image:write"; shown to the client, as status 403.
   */
  explainDenial(principal: Principal, modelId: string, action: RegistryAction): string
}
