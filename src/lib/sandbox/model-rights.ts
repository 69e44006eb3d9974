import type { Entry, SandboxState } from './state.js'

/** What somebody can want to do with a model, as far as roles decide on it. */
export type Right = keyof typeof RULES

interface Rule {
  /** The roles of the system of which one is enough; without them everybody has the right who may see the model. */
  readonly roles?: readonly string[]
  /** True when access to the model, by a request that was approved or for everybody, is as good as a role. */
  readonly isGivenByAccess?: boolean
  readonly isGivenToAdministrators?: boolean
  /** What the server says to somebody who lacks the right. */
  readonly refusal: string
}

/** What the server asks for (from Bailo's source; the right to see a model is observed). */
const RULES = {
  see: { refusal: 'You cannot interact with a private model that you do not have access to.' },
  writeCard: { roles: ['owner', 'contributor'], refusal: 'You do not have permission to update a model card.' },
  updateModel: {
    roles: ['owner'],
    isGivenToAdministrators: true,
    refusal: 'You do not have permission to update a model.',
  },
  deleteModel: { roles: ['owner'], refusal: 'You do not have permission to delete a model card.' },
  exportModel: { roles: ['owner'], refusal: 'You do not have permission to export a model.' },
  changeAccessRequest: { roles: ['owner'], refusal: 'You cannot change an access request you do not own.' },
  uploadFile: { roles: ['owner', 'contributor'], refusal: 'You do not have permission to upload a file.' },
  deleteFile: { roles: ['owner', 'contributor'], refusal: 'You do not have permission to delete a file.' },
  updateFile: {
    roles: ['owner', 'contributor'],
    refusal: 'You are missing the required roles in order to update tags on this file.',
  },
  downloadFile: {
    roles: ['owner', 'contributor', 'consumer'],
    isGivenByAccess: true,
    refusal: 'You need to have an approved access request or have permission to download a file.',
  },
  pushImage: { roles: ['owner', 'contributor'], refusal: 'You do not have permission to write to an image.' },
  pullImage: {
    roles: ['owner', 'contributor', 'consumer'],
    isGivenByAccess: true,
    refusal: 'You need to have an approved access request to download an image.',
  },
} as const satisfies Record<string, Rule>

/** The user of a development instance, who is its administrator. */
export const USER = 'user'

/** Data cards, mirrored ones too, have neither releases nor images. */
export function isDataCard({ model: { kind } }: Entry): boolean {
  return kind === 'data-card' || kind === 'mirrored-data-card'
}

/** Returns how a user is named among the collaborators of a model. */
export function toEntity(user: string): string {
  return `user:${user}`
}

/** Only the user of a development instance is one; there is no way to make others. */
export function isAdministrator(user: string): boolean {
  return user === USER
}

/** Returns the roles that a user has on a model, those of reviewers included. */
export function rolesOf(user: string, { model }: Entry): string[] {
  return model.collaborators.filter(({ entity }) => entity === toEntity(user)).flatMap(({ roles }) => roles)
}

/** Returns why a user may not do this with a model; undefined when they may, and for a model that does not exist. */
export function explainLackOfRight(
  state: SandboxState,
  user: string,
  modelId: string,
  right: Right,
): string | undefined {
  const entry = state.entries.get(modelId)
  if (entry === undefined) return undefined
  const roles = rolesOf(user, entry)
  if (entry.model.visibility === 'private' && roles.length === 0) return RULES.see.refusal
  const rule: Rule = RULES[right]
  return isGiven(rule, state, user, entry, roles) ? undefined : rule.refusal
}

function isGiven(rule: Rule, state: SandboxState, user: string, entry: Entry, roles: readonly string[]): boolean {
  const { roles: sufficient, isGivenByAccess = false, isGivenToAdministrators = false } = rule
  if (sufficient === undefined) return true
  if (roles.some((role) => sufficient.includes(state.reviewRoles.get(role)?.systemRole ?? role))) return true
  if (isGivenToAdministrators && isAdministrator(user)) return true
  return isGivenByAccess && (entry.model.settings.ungovernedAccess === true || hasApprovedRequest(user, entry))
}

/** One approval of any reviewer is enough, also when it is taken back or followed by a refusal (from Bailo's source). */
function hasApprovedRequest(user: string, { accessRequests, reviews, replies }: Entry): boolean {
  const own = accessRequests.filter(({ metadata }) => metadata.overview.entities.includes(toEntity(user)))
  const ownIds = own.map(({ id }) => id)
  const reviewIds = reviews
    .filter(({ subject }) => subject.kind === 'access' && ownIds.includes(subject.accessRequestId))
    .map(({ _id }) => _id)
  return replies.some(({ decision, parentId }) => decision === 'approve' && reviewIds.includes(parentId))
}
