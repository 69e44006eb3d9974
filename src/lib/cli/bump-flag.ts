import { Flags } from '@oclif/core'
import { BUMPS } from '../experiments/next-version.js'

/** The flag of an experiment that makes releases. */
export const bumpFlag = Flags.option({ options: BUMPS })({
  description: 'which number of the version goes up with each release',
  default: 'minor',
})
