/** What a request may do, such as `repository:my-model-ab12cd/image:pull,push`. */
export type Scope = string

/** The scope of actions on one repository (distribution project, "Token Scope Documentation"). */
export function scopeOf(repository: string, ...actions: ('pull' | 'push' | 'delete')[]): Scope {
  return `repository:${repository}:${actions.join(',')}`
}
