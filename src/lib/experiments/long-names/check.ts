import { getLatestCard } from '../../api/cards.js'
import { listFiles } from '../../api/files.js'
import type { Instance } from '../../api/instance.js'
import { getModel } from '../../api/models.js'
import { listReleases } from '../../api/releases.js'
import { countCharacters } from '../../content/long-word.js'
import { saysTheSame } from '../../content/schema-values/index.js'
import type { Finding } from '../result.js'
import type { LongEntry, LongNamesPlan } from './plan.js'

/** What has been made, as far as it has. */
export interface MadeThings {
  readonly modelId?: string
  readonly hasCard?: boolean
  readonly fileId?: string
  readonly hasRelease?: boolean
  readonly dataCardId?: string
  readonly hasDataCardCard?: boolean
}

/** Reads everything again and says what is not stored as it was sent. */
export async function checkStored(
  instance: Instance,
  plan: LongNamesPlan,
  made: MadeThings,
): Promise<readonly Finding[]> {
  const { modelId, dataCardId, fileId } = made
  const findings: Finding[] = []
  if (modelId !== undefined) {
    findings.push(...(await checkEntry(instance, plan.model, 'model', modelId, made.hasCard)))
    if (fileId !== undefined) findings.push(...(await checkFile(instance, plan, modelId, fileId)))
    if (made.hasRelease) findings.push(...(await checkRelease(instance, plan, modelId, fileId)))
  }
  if (dataCardId !== undefined) {
    findings.push(...(await checkEntry(instance, plan.dataCard, 'data card', dataCardId, made.hasDataCardCard)))
  }
  return findings
}

async function checkEntry(
  instance: Instance,
  planned: LongEntry,
  what: string,
  modelId: string,
  hasCard = false,
): Promise<readonly Finding[]> {
  const { name, description, tags } = await getModel(instance, modelId)
  const findings = [
    ...compareText(`name of the ${what}`, planned.name, name),
    ...compareText(`description of the ${what}`, planned.description, description),
    ...compareText(`tag of the ${what}`, planned.tag, tags?.[0]),
  ]
  if (!hasCard) return findings
  const card = await getLatestCard(instance, modelId)
  if (saysTheSame(card?.metadata, planned.metadata)) return findings
  return [...findings, { subject: `card of the ${what}`, message: 'does not say what was sent' }]
}

async function checkFile(
  instance: Instance,
  { file }: LongNamesPlan,
  modelId: string,
  fileId: string,
): Promise<readonly Finding[]> {
  const stored = (await listFiles(instance, modelId)).find(({ _id }) => _id === fileId)
  if (stored === undefined) return [{ subject: 'file', message: 'is not there, although it was uploaded' }]
  const findings = compareText('name of the file', file.name, stored.name)
  if (stored.size === file.sizeBytes) return findings
  return [
    ...findings,
    { subject: 'file', message: `is stored with ${stored.size ?? 'no'} bytes instead of ${file.sizeBytes}` },
  ]
}

async function checkRelease(
  instance: Instance,
  { release }: LongNamesPlan,
  modelId: string,
  fileId: string | undefined,
): Promise<readonly Finding[]> {
  const stored = (await listReleases(instance, modelId))[0]
  if (stored === undefined) return [{ subject: 'release', message: 'is not there, although it was made' }]
  const findings = [
    ...compareText('version of the release', release.semver, stored.semver),
    ...compareText('notes of the release', release.notes, stored.notes),
  ]
  const fileIds = stored.fileIds ?? stored.files?.map(({ _id }) => _id) ?? []
  if (fileId === undefined || fileIds.includes(fileId)) return findings
  return [...findings, { subject: 'release', message: 'lacks the file that was put into it' }]
}

/** Where a text is stored otherwise than it was sent; lengths and places in characters. */
export function compareText(subject: string, sent: string, stored: string | undefined): readonly Finding[] {
  if (sent === stored) return []
  if (stored === undefined) return [{ subject, message: 'is not stored' }]
  const [wanted, present] = [[...sent], [...stored]]
  if (sent.startsWith(stored)) {
    return [{ subject, message: `is cut to ${countCharacters(stored)} of ${wanted.length} characters` }]
  }
  const place = wanted.findIndex((character, index) => character !== present[index]) + 1
  return [{ subject, message: `is stored otherwise from character ${place || wanted.length + 1} on` }]
}
