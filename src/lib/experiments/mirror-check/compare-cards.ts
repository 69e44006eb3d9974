import { isDeepStrictEqual } from 'node:util'
import { listCardRevisions, listMirroredRevisions } from '../../api/cards.js'
import type { Finding } from '../result.js'
import type { End } from './ends.js'

/**
 * Compares the versions of the source's card with those that came to the copy. The first one is always empty, and no import
 * keeps it (from Bailo's source).
 */
export async function compareCards(source: End, copy: End): Promise<{ compared: number; findings: Finding[] }> {
  const [originals, copies] = await Promise.all([
    listCardRevisions(source.instance, source.model.id),
    listMirroredRevisions(copy.instance, copy.model.id),
  ])
  const byVersion = new Map(copies.map((card) => [card.version, card]))
  const expected = originals.filter(({ version }) => version > 1)
  const findings = expected.flatMap(({ version, schemaId, metadata = {} }): Finding[] => {
    const card = byVersion.get(version)
    const subject = `card version ${version}`
    if (card === undefined) return [{ subject, message: 'is not in the copy' }]
    if (card.schemaId !== schemaId) return [{ subject, message: `is of the schema ${card.schemaId}, not ${schemaId}` }]
    return isDeepStrictEqual(card.metadata ?? {}, metadata)
      ? []
      : [{ subject, message: 'says something else in the copy' }]
  })
  return { compared: expected.length, findings }
}
