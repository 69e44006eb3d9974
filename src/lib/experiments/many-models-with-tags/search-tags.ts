import pLimit from 'p-limit'
import type { Instance } from '../../api/instance.js'
import { searchModels } from '../../api/search-models.js'
import type { Finding } from '../result.js'
import { LETTER_CASES, writeInCase, type LetterCase } from './letter-case.js'
import { hasTag, type MadeModel } from './made-models.js'
import { DESCRIPTION } from './plan.js'

/** By tags, or by text in names, descriptions, tags and cards. */
export type SearchKind = 'libraries' | 'text'

/**
 * What a search says: `as-expected`; `any-case`, where a search for exactly these characters was expected and one in any
 * case found all; `as-written`, where tags are in cards only, and those were found that are written like this; `wrong`.
 */
export type Verdict = 'as-expected' | 'any-case' | 'as-written' | 'wrong'

/** One search, and what it found among the models of this run. */
export interface TagSearch {
  readonly tag: string
  readonly kind: SearchKind
  readonly letterCase: LetterCase
  readonly query: string
  /** Models of this run that have the tag. */
  readonly created: number
  /** How many of them should be found, by what is known of Bailo. */
  readonly expected: number
  /** How many of them were found. */
  readonly found: number
  /** Other models of this run that were found too: a search by text also finds single words of a tag. */
  readonly others: number
  readonly verdict: Verdict
}

/** Words that begin with as many letters alike may have the same stem, which is what a search by text looks for. */
const STEM_CHARACTERS = 3

/** Searches each tag in each case, by tag and by text: six requests per tag, or fewer where cases make no difference. */
export async function searchTags(
  instance: Instance,
  tags: readonly string[],
  models: readonly MadeModel[],
  concurrency: number,
): Promise<readonly TagSearch[]> {
  const limit = pLimit(concurrency)
  const searches = tags.flatMap((tag) =>
    (['libraries', 'text'] as const).flatMap((kind) =>
      listForms(tag).map(({ letterCase, query }) => ({ tag, kind, letterCase, query })),
    ),
  )
  return Promise.all(
    searches.map((search) =>
      limit(async () => {
        const { kind, query } = search
        const answer = await searchModels(instance, kind === 'libraries' ? { libraries: [query] } : { search: query })
        return judge(search, models, new Set(answer.map(({ id }) => id)))
      }),
    ),
  )
}

/** The distinct ways to write a tag: one of digits has only one. */
function listForms(tag: string): readonly { letterCase: LetterCase; query: string }[] {
  const forms = new Map<string, LetterCase>()
  for (const letterCase of LETTER_CASES) {
    const query = writeInCase(tag, letterCase)
    if (!forms.has(query)) forms.set(query, letterCase)
  }
  return [...forms].map(([query, letterCase]) => ({ letterCase, query }))
}

/**
 * Compares what was found with what is known of Bailo (observed): `libraries` looks for a tag of the model in exactly these
 * characters, and the server keeps tags in lower case; a search by text takes any case.
 *
 * @param foundIds also of models that are not this run's
 */
export function judge(
  search: Pick<TagSearch, 'tag' | 'kind' | 'letterCase' | 'query'>,
  models: readonly MadeModel[],
  foundIds: ReadonlySet<string>,
): TagSearch {
  const { tag, kind, query } = search
  const tagged = models.filter((model) => hasTag(model, tag))
  const found = models.filter(({ id }) => foundIds.has(id))
  const isOnlyInCards = tagged.every(({ isOnModel }) => !isOnModel)
  const matches = kind === 'text' || (query === tag && !isOnlyInCards) ? tagged : []
  const foundTagged = found.filter((model) => hasTag(model, tag))
  const others = found.filter((model) => !hasTag(model, tag))
  const row = {
    ...search,
    created: tagged.length,
    expected: matches.length,
    found: foundTagged.length,
    others: others.length,
  }
  const areOthersRight = kind === 'text' ? others.every((model) => sharesWord(model, query)) : others.length === 0
  if (!areOthersRight) return { ...row, verdict: 'wrong' }
  if (foundTagged.length === matches.length) return { ...row, verdict: 'as-expected' }
  if (kind === 'libraries' && foundTagged.length === tagged.length) return { ...row, verdict: 'any-case' }
  const written = tagged.filter(({ tags }) => tags.includes(query))
  const isAsWritten =
    isOnlyInCards && written.length === foundTagged.length && written.every(({ id }) => foundIds.has(id))
  return { ...row, verdict: kind === 'libraries' && isAsWritten ? 'as-written' : 'wrong' }
}

/** True when a search by text has a reason to find a model: a word of it, as far as stems may be alike, or its name. */
function sharesWord({ name, tags }: MadeModel, query: string): boolean {
  if (name.toLowerCase().includes(query.toLowerCase())) return true
  const stems = new Set(stemsOf(query))
  return stemsOf([name, DESCRIPTION, ...tags].join(' ')).some((stem) => stems.has(stem))
}

function stemsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, STEM_CHARACTERS))
}

/** One finding for each search that is wrong. */
export function describeWrongSearches(searches: readonly TagSearch[]): Finding[] {
  return searches
    .filter(({ verdict }) => verdict === 'wrong')
    .map(({ tag, kind, letterCase, query, expected, found, others }) => {
      const by = kind === 'libraries' ? 'by tag (libraries)' : 'by text (search)'
      const more = others === 0 ? '' : `, and in ${others} models without it`
      return {
        subject: `tag ${tag}`,
        message: `in ${letterCase} case is found ${by} in ${found} models instead of ${expected}${more}`,
        tryNext: `GET /api/v2/models/search?${new URLSearchParams({ [kind === 'libraries' ? 'libraries' : 'search']: query }).toString()} to see what is found`,
      }
    })
}
