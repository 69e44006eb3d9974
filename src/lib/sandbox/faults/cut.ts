import type { Outcome } from './rule.js'

/** What becomes of the body of an answer. */
export interface Cut {
  /** Undefined: everything. */
  readonly keptBytes?: number
  /** The length that the head says; null when it is to say none. Undefined: the true one. */
  readonly declaredBytes?: number | null
  /** True when the connection is reset at the end. */
  readonly isReset?: boolean
}

/** Says how an outcome cuts a body of this size, which may not be known; undefined when it cuts none. */
export function describeCut(outcome: Outcome, sizeBytes: number | undefined): Cut | 'nothing to cut' | undefined {
  switch (outcome.kind) {
    case 'reset-response': {
      const { afterBytes } = outcome
      return (sizeBytes ?? Infinity) < afterBytes ? 'nothing to cut' : { keptBytes: afterBytes, isReset: true }
    }
    case 'truncate': {
      const keptBytes = outcome.keptBytes ?? (sizeBytes === undefined ? Infinity : Math.floor(sizeBytes / 2))
      return keptBytes >= (sizeBytes ?? Infinity) ? 'nothing to cut' : { keptBytes, declaredBytes: null }
    }
    case 'wrong-length': {
      if (sizeBytes === undefined || sizeBytes + outcome.differenceBytes < 0) return 'nothing to cut'
      return { declaredBytes: sizeBytes + outcome.differenceBytes }
    }
    case 'answer':
    case 'lost':
    case 'reset-request':
    case 'forget-offset':
    case 'expire-token':
      return undefined
  }
}
