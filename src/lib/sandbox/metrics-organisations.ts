import type { Entry } from './state.js'

/** The organisations of the default settings (observed); models without one have the empty text. */
const ORGANISATIONS = ['Example Organisation', '']

/** Counts for each organisation of the settings. */
export function countByOrganisation<T extends object>(
  entries: readonly Entry[],
  count: (entries: readonly Entry[]) => T,
): (T & { organisation: string })[] {
  return ORGANISATIONS.map((organisation) => ({
    organisation: nameOrganisation(organisation),
    ...count(entries.filter(({ model }) => model.organisation === organisation)),
  }))
}

/** What the server calls the organisation of models that have none. */
export function nameOrganisation(organisation: string): string {
  return organisation === '' ? 'unset' : organisation
}
