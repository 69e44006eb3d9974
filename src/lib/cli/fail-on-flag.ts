import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import { FAILING_STATES, type FailingState } from '../experiments/scanners/scan-report.js'

const NEVER = 'never'

/** A flag for the states of scans that give exit code 1, as a set: some of them with commas between, or `never`. */
export const failOnFlag = Flags.custom<ReadonlySet<FailingState>>({
  description: `what gives exit code 1, with commas between: ${FAILING_STATES.join(', ')}; or ${NEVER}`,
  default: new Set(FAILING_STATES),
  defaultHelp: () => Promise.resolve(FAILING_STATES.join(',')),
  helpValue: 'STATES',
  // Through a promise, because that is how oclif takes what is wrong.
  parse: (text) => Promise.resolve(text).then(parseStates),
})

function parseStates(text: string): ReadonlySet<FailingState> {
  if (text.trim() === NEVER) return new Set()
  return new Set(
    text.split(',').map((word) => {
      const state = FAILING_STATES.find((one) => one === word.trim())
      if (state !== undefined) return state
      throw new UsageError(`${JSON.stringify(word)} is nothing to fail on.`, [
        `use some of ${FAILING_STATES.join(', ')} with commas between, or ${NEVER} alone`,
      ])
    }),
  )
}
