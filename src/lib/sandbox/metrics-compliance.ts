import compare from 'semver/functions/compare.js'
import type { components } from '../../../openapi/bailo-v2.js'
import { listDueEntries } from './lifecycle-reviews.js'
import { countByOrganisation } from './metrics-organisations.js'
import { isDataCard } from './model-rights.js'
import type { Entry, SandboxState } from './state.js'

/** Who does not keep to the rules of the instance. What counts as what is from Bailo's source. */

type Contracted = components['schemas']

const WEEK_MS = 7 * 24 * 60 * 60_000

/** Finds the models without a release. */
export function findModelsWithoutReleases(
  state: SandboxState,
): Omit<Contracted['NoReleasesCompliance'], 'lastUpdated'> {
  const entries = [...state.entries.values()]
  const find = (some: readonly Entry[]) => {
    const found = some.filter((entry) => !isDataCard(entry) && entry.releases.size === 0).map(identify)
    return { summary: { modelsWithNoReleases: found.length }, entries: found }
  }
  return { global: find(entries), byOrganisation: countByOrganisation(entries, find) }
}

/** Finds the models and data cards on which nobody holds a role that the schema of their card asks for reviews. */
export function findMissingRoles(state: SandboxState): Omit<Contracted['RoleCompliance'], 'lastUpdated'> {
  const entries = [...state.entries.values()]
  const schemas = [...state.schemas.values()].filter(({ active, hidden }) => active && !hidden)
  const wantedRoles = new Map(schemas.map(({ id, reviewRoles }) => [id, [...new Set(reviewRoles)]]))
  const identifyRole = (roleId: string) => ({ roleId, roleName: state.reviewRoles.get(roleId)?.name ?? roleId })
  const listMissing = ({ model, cards }: Entry) => {
    const held = model.collaborators.flatMap(({ roles }) => roles)
    return (wantedRoles.get(cards.at(-1)?.schemaId ?? '') ?? []).filter((role) => !held.includes(role))
  }
  const find = (some: readonly Entry[]) => {
    const found = some
      .map((entry) => ({ entry, missing: listMissing(entry) }))
      .filter(({ missing }) => missing.length > 0)
    const knownRoles = [...new Set([...wantedRoles.values()].flat())].sort()
    return {
      summary: knownRoles.map((roleId) => ({
        ...identifyRole(roleId),
        count: found.filter(({ missing }) => missing.includes(roleId)).length,
      })),
      entries: found.map(({ entry, missing }) => ({ ...identify(entry), missingRoles: missing.map(identifyRole) })),
    }
  }
  return { global: find(entries), byOrganisation: countByOrganisation(entries, find) }
}

/** Finds the published releases that not all of the roles asked for a review have approved, or that none was asked about. */
export function findUnapprovedReleases(state: SandboxState): Omit<Contracted['UnapprovedCompliance'], 'lastUpdated'> {
  const entries = [...state.entries.values()]
  const find = (some: readonly Entry[]) =>
    some
      .filter((entry) => !isDataCard(entry))
      .map((entry) => ({ ...identify(entry), unapprovedReleases: listUnapproved(entry) }))
      .filter(({ unapprovedReleases }) => unapprovedReleases.length > 0)
  const found = find(entries)
  return {
    global: {
      summary: {
        totalModelsWithUnapprovedReleases: found.length,
        totalUnapprovedReleases: found.reduce((sum, { unapprovedReleases }) => sum + unapprovedReleases.length, 0),
      },
      entries: found,
    },
    byOrganisation: countByOrganisation(entries, (some) => {
      const ofOrganisation = find(some)
      return { modelsWithUnapprovedReleases: ofOrganisation.length, entries: ofOrganisation }
    }),
  }
}

/**
 * Finds the models whose lifecycle review is open, and due by then.
 *
 * @param weeksUntilDue undefined: at any time
 */
export function findDueModels(
  state: SandboxState,
  weeksUntilDue = Infinity,
): Omit<Contracted['LifecycleCompliance'], 'lastUpdated'> {
  const entries = [...state.entries.values()]
  const latestMs = Date.now() + weeksUntilDue * WEEK_MS
  const find = (some: readonly Entry[]) => {
    const due = listDueEntries(some).filter(({ dueDate }) => Date.parse(dueDate) <= latestMs)
    return {
      summary: { count: due.length },
      entries: due.map(({ entry, dueDate }) => ({ ...identify(entry), dueDate })),
    }
  }
  return { global: find(entries), byOrganisation: countByOrganisation(entries, find) }
}

function identify({ model: { id, collaborators } }: Entry): { entryId: string; modelOwners: string[] } {
  const owners = collaborators.filter(({ roles }) => roles.includes('owner'))
  return { entryId: id, modelOwners: owners.map(({ entity }) => entity) }
}

/** One approval is enough for a role, also when others followed it. */
function listUnapproved({ releases, reviews, replies }: Entry): string[] {
  const approvedIds = new Set(replies.filter(({ decision }) => decision === 'approve').map(({ parentId }) => parentId))
  return [...releases.values()]
    .filter(({ draft }) => !draft)
    .map((release) => release.semver)
    .filter((version) => {
      const asked = reviews.filter(({ subject }) => subject.kind === 'release' && subject.semver === version)
      const approvingRoles = asked.filter(({ _id }) => approvedIds.has(_id)).map(({ role }) => role)
      return asked.length === 0 || asked.some(({ role }) => !approvingRoles.includes(role))
    })
    .sort(compare)
}
