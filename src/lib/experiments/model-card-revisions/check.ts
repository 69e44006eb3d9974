import { listCardRevisions } from '../../api/cards.js'
import type { Instance } from '../../api/instance.js'
import { saysTheSame } from '../../content/schema-values/index.js'
import type { Finding } from '../result.js'
import type { CardPlan } from './card-plan.js'

export interface RevisionsCheck {
  /** The latest version that is there. */
  readonly latestVersion: number
  /** Versions whose card is the one that was sent. */
  readonly identical: number
  readonly findings: readonly Finding[]
}

/**
 * Reads all versions of the card in one request and compares them with what was sent: each is there with its content, and
 * there are no others.
 *
 * @param made versions by the number of the revision
 * @param before the latest version before the run
 * @param isAlone whether no other process makes versions of this run
 */
export async function checkRevisions(
  instance: Instance,
  modelId: string,
  plan: CardPlan,
  { made, before, isAlone }: { made: ReadonlyMap<number, number>; before: number; isAlone: boolean },
): Promise<RevisionsCheck> {
  const stored = new Map((await listCardRevisions(instance, modelId)).map((card) => [card.version, card]))
  const findings: Finding[] = []
  let identical = 0
  for (const [index, version] of made) {
    const card = stored.get(version)
    const subject = `version ${version} of the card`
    if (card === undefined) findings.push({ subject, message: 'is not there, although it was saved' })
    else if (saysTheSame(card.metadata, plan.makeCard(index))) identical++
    else findings.push({ subject, message: `does not say what was sent as revision ${index}` })
  }
  const own = new Set(made.values())
  for (const version of stored.keys()) {
    if (!isAlone || version <= before || own.has(version)) continue
    findings.push({
      subject: `version ${version} of the card`,
      message: 'is there, although no answer to this run said so',
      tryNext: 'look whether somebody else edits this card; otherwise an answer was lost',
    })
  }
  return { latestVersion: Math.max(0, ...stored.keys()), identical, findings }
}
