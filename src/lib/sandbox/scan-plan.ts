import type { components } from '../../../openapi/bailo-v2.js'
import { newObjectId } from './ids.js'
import type { Scan } from './state.js'

type Contracted = components['schemas']

/** How fast the simulated scanners are. */
export interface ScannerOptions {
  /** How long a file waits before its scan begins; default 200. */
  readonly waitMs?: number
  /** What every scan takes, whatever the size; default 300. */
  readonly baseMs?: number
  /** What every mebibyte adds to that; default 20. */
  readonly perMebibyteMs?: number
  /** How long after a scan the same file may not be scanned again; default 0: no time at all. */
  readonly rescanDelayMinutes?: number
}

/** The version of every scanner of the sandbox; says that nothing is really scanned. */
export const SIMULATED_VERSION = 'simulated'

const MEBIBYTE = 1024 * 1024

/** A file or an image, as far as a simulated scanner looks at it. */
export interface ScannedThing {
  readonly artefactKind: Contracted['ArtefactKind']
  readonly name: string
  readonly sizeBytes: number
}

interface SimulatedScanner {
  readonly toolName: string
  readonly artefactKind: Contracted['ArtefactKind']
  /** What it says of a name that begins with `eicar`. */
  readonly findings: Scan['findings']
}

/** The names are those of the scanners that Bailo can be set up with (from Bailo's source). */
const SCANNERS: readonly SimulatedScanner[] = [
  {
    toolName: 'Clam AV',
    artefactKind: 'file',
    findings: [{ severity: 'critical', vulnerabilityDescription: 'Eicar-Test-Signature' }],
  },
  { toolName: 'ModelScan', artefactKind: 'file', findings: [] },
  {
    toolName: 'Trivy',
    artefactKind: 'image',
    findings: [{ severity: 'high', vulnerabilityDescription: 'CVE-0000-0000 Simulated vulnerability' }],
  },
]

/** Lists the scanners; none when they are off. */
export function listScanners(options: ScannerOptions | undefined): Contracted['Scanner'][] {
  if (options === undefined) return []
  return SCANNERS.map(({ toolName, artefactKind }) => ({ toolName, artefactKind, scannerVersion: SIMULATED_VERSION }))
}

/**
 * Plans what the scanners do with a file or an image, beginning now. A name that begins with `eicar` is found bad, with
 * `error` the scan fails, with `skip` it is skipped; in any case of letters.
 *
 * @returns nothing when there are no scanners
 */
export function planScans(options: ScannerOptions | undefined, thing: ScannedThing): Scan[] {
  if (options === undefined) return []
  const { waitMs = 200, baseMs = 300, perMebibyteMs = 20 } = options
  const { artefactKind, sizeBytes } = thing
  const outcome = foresee(thing.name)
  const startsAtMs = Date.now() + waitMs
  const tookMs = outcome === 'skipped' ? 0 : baseMs + (perMebibyteMs * sizeBytes) / MEBIBYTE
  return SCANNERS.filter((scanner) => scanner.artefactKind === artefactKind).map(({ toolName, findings }) => ({
    _id: newObjectId(),
    toolName,
    artefactKind,
    startsAtMs,
    endsAtMs: startsAtMs + tookMs,
    outcome,
    findings: hasPrefix(thing.name, 'eicar') ? findings : [],
  }))
}

function foresee(name: string): Scan['outcome'] {
  if (hasPrefix(name, 'error')) return 'error'
  return hasPrefix(name, 'skip') ? 'skipped' : 'complete'
}

function hasPrefix(name: string, prefix: string): boolean {
  return name.toLowerCase().startsWith(prefix)
}
