import { readFile } from 'node:fs/promises'
import { UsageError } from '../errors.js'
import { isRecord } from '../http/errors.js'
import { showControls } from '../http/server-text.js'
import { describeFailure } from '../files/describe-failure.js'
import { writeWhole } from '../files/write-whole.js'
import type { Finding } from './finding.js'

/** A finding that people have agreed to live with. Whatever else they write into an entry stays there. */
export interface BaselineEntry {
  readonly fingerprint: string
  readonly rule: string
  readonly [key: string]: unknown
}

export interface Sorted {
  /** Findings that are not in the baseline. */
  readonly fresh: readonly Finding[]
  /** How many are. */
  readonly known: number
  /** Entries that nothing was found for any more. */
  readonly stale: readonly BaselineEntry[]
}

/** What a check ran, so that an entry of a rule that did not run is not taken for settled. */
type DidRun = (rule: string) => boolean

/**
 * Reads a baseline.
 *
 * @param mayBeAbsent true when it is to be written anyway
 * @throws UsageError when it cannot be read or is none
 */
export async function readBaseline(path: string, mayBeAbsent: boolean): Promise<BaselineEntry[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    const reason = showControls(describeFailure(error))
    throw new UsageError(`The baseline ${showControls(path)} cannot be read: ${reason}.`, [
      'make one with --update-baseline',
    ])
  }
  const entries = parseEntries(text)
  if (entries !== undefined) return entries
  throw new UsageError(`The file ${showControls(path)} is not a baseline of this tool.`, [
    'correct it, or make a new one under another name with --update-baseline',
  ])
}

function parseEntries(text: string): BaselineEntry[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const entries: unknown = isRecord(value) ? value['findings'] : undefined
  return Array.isArray(entries) && entries.every(isEntry) ? entries : undefined
}

function isEntry(value: unknown): value is BaselineEntry {
  return isRecord(value) && typeof value['fingerprint'] === 'string' && typeof value['rule'] === 'string'
}

/** Tells findings that are in a baseline from others, and entries that are of use from others. */
export function sortByBaseline(
  findings: readonly Finding[],
  entries: readonly BaselineEntry[],
  didRun: DidRun,
): Sorted {
  const agreed = new Set(entries.map(({ fingerprint }) => fingerprint))
  const found = new Set(findings.map(({ fingerprint }) => fingerprint))
  const fresh = findings.filter(({ fingerprint }) => !agreed.has(fingerprint))
  return {
    fresh,
    known: findings.length - fresh.length,
    stale: entries.filter(({ fingerprint, rule }) => !found.has(fingerprint) && didRun(rule)),
  }
}

/**
 * Writes a baseline of all findings. Entries that are there keep everything that people wrote into them, above all
 * reasons; stale ones go.
 *
 * @throws UsageError when the file cannot be written
 */
export async function writeBaseline(
  path: string,
  findings: readonly Finding[],
  entries: readonly BaselineEntry[],
  didRun: DidRun,
): Promise<void> {
  const before = new Map(entries.map((entry) => [entry.fingerprint, entry]))
  const kept = entries.filter(({ rule }) => !didRun(rule))
  const current = findings.map(({ fingerprint, rule, method, path: template, file, message }) => ({
    reason: '',
    ...before.get(fingerprint),
    fingerprint,
    rule,
    method,
    path: template,
    file,
    message,
  }))
  const sorted = [...new Map([...kept, ...current].map((entry) => [entry.fingerprint, entry])).values()]
  await writeWhole(path, `${JSON.stringify({ version: 1, findings: sorted }, undefined, 2)}\n`)
}
