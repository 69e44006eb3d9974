/** One action on one resource that a request needs. */
export interface RequiredAccess {
  readonly type: 'repository' | 'registry'
  readonly name: string
  readonly action: string
}

/** What a token permits: the entries of its `access` claim. */
export interface Grant {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/**
 * Returns what a request on a repository needs. Writing needs both actions, as the distribution registry asks for them;
 * a mount also needs to read the repository that it mounts from, if one is given.
 */
export function requiredForRepository(method: string, repository: string, mountFrom: string): RequiredAccess[] {
  const required = actionsFor(method).map((action) => ({ type: 'repository' as const, name: repository, action }))
  if (mountFrom === '') return required
  return [...required, { type: 'repository', name: mountFrom, action: 'pull' }]
}

/** True when the grants cover everything required. */
export function covers(grants: readonly Grant[], required: readonly RequiredAccess[]): boolean {
  return required.every(({ type, name, action }) =>
    grants.some((grant) => grant.type === type && grant.name === name && grant.actions.includes(action)),
  )
}

function actionsFor(method: string): string[] {
  if (method === 'DELETE') return ['delete']
  return method === 'GET' || method === 'HEAD' ? ['pull'] : ['pull', 'push']
}
