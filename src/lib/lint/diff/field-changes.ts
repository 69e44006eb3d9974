import type { Difference } from '../schema/compare.js'
import type { ChangeRule } from './rules.js'

/** The rules for what can change in a schema, depending on what the schema describes. */
export interface FieldRules {
  /** Who has to live with less: a client may not send what is lost, and may not know what a server gained. */
  readonly sentBy: 'client' | 'server'
  readonly removed: ChangeRule
  readonly added: ChangeRule
  readonly required: ChangeRule
  readonly optional: ChangeRule
  readonly typesLost: ChangeRule
  readonly typesGained: ChangeRule
  readonly valuesLost: ChangeRule
  readonly valuesGained: ChangeRule
}

/** Says what one difference between an old schema (left) and a new one (right) means; often one thing, sometimes two. */
export function* describeFieldChange(
  difference: Difference,
  rules: FieldRules,
): Generator<{ readonly rule: ChangeRule; readonly text: string }> {
  switch (difference.kind) {
    case 'property': {
      const { name, onlyIn, isRequired } = difference
      if (onlyIn === 'left') yield { rule: rules.removed, text: `the field "${name}" is gone` }
      else if (isRequired && rules.sentBy === 'client') {
        yield { rule: rules.required, text: `the field "${name}" is new, and required` }
      } else yield { rule: rules.added, text: `the field "${name}" is new` }
      return
    }
    case 'required': {
      const { name, onlyIn } = difference
      if (onlyIn === 'right') yield { rule: rules.required, text: `the field "${name}" is required now` }
      else yield { rule: rules.optional, text: `the field "${name}" is optional now` }
      return
    }
    case 'types': {
      const { lost, gained } = weigh(difference)
      if (lost !== undefined && gained !== undefined) {
        const rule = rules.sentBy === 'client' ? rules.typesLost : rules.typesGained
        yield { rule, text: `the type changed from ${lost} to ${gained}` }
      } else if (lost !== undefined) yield { rule: rules.typesLost, text: `the type is not ${lost} any more` }
      else if (gained !== undefined) yield { rule: rules.typesGained, text: `the type can be ${gained} now` }
      return
    }
    case 'values': {
      const { lost, gained } = weigh(difference)
      if (lost !== undefined) yield { rule: rules.valuesLost, text: `the value ${lost} is gone` }
      if (gained !== undefined) yield { rule: rules.valuesGained, text: `the value ${gained} is new` }
      return
    }
  }
}

/** What was possible before only, and what is now; anything is more than something. */
function weigh({ kind, onlyLeft, onlyRight }: Difference & { kind: 'types' | 'values' }): {
  lost: string | undefined
  gained: string | undefined
} {
  if (onlyLeft === undefined) return { lost: `other than ${onlyRight?.join(', ') ?? ''}`, gained: undefined }
  if (onlyRight === undefined) return { lost: undefined, gained: `other than ${onlyLeft.join(', ')}` }
  const list = (names: readonly string[], others: readonly string[]): string | undefined => {
    // Every integer is a number.
    const own = kind === 'types' && others.includes('number') ? names.filter((name) => name !== 'integer') : names
    return own.length === 0 ? undefined : own.join(' or ')
  }
  return { lost: list(onlyLeft, onlyRight), gained: list(onlyRight, onlyLeft) }
}
