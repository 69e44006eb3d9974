import { Flags } from '@oclif/core'
import { Pacer } from '../content/pacer.js'
import { rateFlag } from './flags.js'

/** Flags of every experiment that uploads synthetic files. */
export const uploadFlags = {
  fill: Flags.option({ options: ['noise', 'zeros'] as const })({
    description: 'contents of the files',
    default: 'noise',
  }),
  multipart: Flags.option({ options: ['auto', 'always', 'never'] as const })({
    description: 'whether files are uploaded in parts; auto: those of 64 MiB and more',
    default: 'auto',
  }),
  'rate-limit': rateFlag({
    description:
      'bytes per second of all uploads together, such as 50MiB/s; where --bandwidth is given too, the lower one counts [default: none]',
  }),
}

/** What those flags and `--seed` stand for. */
export function readUploadFlags(flags: {
  readonly fill: 'noise' | 'zeros'
  readonly multipart: 'auto' | 'always' | 'never'
  readonly 'rate-limit'?: number | undefined
  readonly seed: string
}) {
  const { fill, multipart, seed, 'rate-limit': rate } = flags
  return { fill, multipart, seed, pacer: rate === undefined ? undefined : new Pacer(rate) }
}
