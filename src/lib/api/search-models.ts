import { answers, type ModelEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const SEARCH = '/api/v2/models/search'

export interface ModelSearch {
  /** Part of the name in any case, or, unless `titleOnly`, words of the text. */
  readonly search?: string
  readonly titleOnly?: boolean
  /** Tags that a model must have, all of them; the server looks for exactly these characters (observed). */
  readonly libraries?: readonly string[]
}

/** Returns all models that the search finds and the caller may see, in one request; the server has no pages. */
export async function searchModels(
  instance: Instance,
  { search, titleOnly, libraries }: ModelSearch,
): Promise<readonly ModelEntry[]> {
  const query = {
    ...(search !== undefined && { search }),
    ...(titleOnly !== undefined && { titleOnly }),
    ...(libraries !== undefined && { libraries: [...libraries] }),
  }
  const body = await bodyOf(instance.json.GET(SEARCH, { params: { query } }))
  return answers.models.check({ method: 'GET', path: SEARCH }, body).models
}
