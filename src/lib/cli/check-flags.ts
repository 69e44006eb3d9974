import { Flags } from '@oclif/core'
import { FORMAT_NAMES } from '../lint/formats/index.js'
import { FAIL_ON } from '../lint/levels.js'

/** Flags of every check that has rules and prints findings. */
export const checkFlags = {
  rule: Flags.string({
    description: 'set the level of a rule: off, info, warning or error; may be repeated',
    helpGroup: 'FINDINGS',
    helpValue: 'RULE=LEVEL',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
    noCacheDefault: true,
  }),
  config: Flags.string({
    description: 'settings of the check [default: bailo-exp.lint.yaml, if there is one]',
    helpGroup: 'FINDINGS',
    helpValue: 'FILE',
  }),
  'fail-on': Flags.option({ options: FAIL_ON })({
    description: 'level from which on a finding gives exit code 1 [default: error]',
    helpGroup: 'FINDINGS',
  }),
  baseline: Flags.string({
    description: 'leave out the findings in this file',
    helpGroup: 'FINDINGS',
    helpValue: 'FILE',
  }),
  'update-baseline': Flags.boolean({
    description: 'write all findings into the baseline; reasons that are in it stay',
    default: false,
    helpGroup: 'FINDINGS',
  }),
  format: Flags.option({ options: FORMAT_NAMES })({
    description: 'how findings are printed; --json is the same as json',
    default: 'stylish',
    helpGroup: 'OUTPUT',
  }),
  output: Flags.string({
    description: 'write the findings into this file instead of printing them',
    helpGroup: 'OUTPUT',
    helpValue: 'FILE',
  }),
}

/** How the exit codes are to be read where there are findings. */
export const checkExitCodesHelp =
  'Exit codes: 0 nothing of the level of --fail-on was found; 1 something was; 2 wrong usage; 3 it could not be checked, ' +
  'because a specification or the instance could not be read; 5 a defect of bailo-exp.'
