import { Flags } from '@oclif/core'
import { parseRamp } from '../experiments/concurrent-file-uploads/plan.js'
import {
  parseFailureLimit,
  writeFailureLimit,
  type FailureLimit,
} from '../experiments/concurrent-file-uploads/thresholds.js'

/** A flag for how concurrency is raised, such as `1,2,4,8`: see {@link parseRamp}. */
export const rampFlag = Flags.custom<readonly number[]>({
  helpValue: 'N,N...',
  parse: (text) => Promise.resolve(text).then(parseRamp),
})

/** A flag for how many uploads may fail, such as `3` or `5%`: see {@link parseFailureLimit}. */
export const failureLimitFlag = Flags.custom<FailureLimit>({
  helpValue: 'N|P%',
  parse: (text) => Promise.resolve(text).then(parseFailureLimit),
  defaultHelp: ({ options }) =>
    Promise.resolve(typeof options.default === 'object' ? writeFailureLimit(options.default) : undefined),
})
