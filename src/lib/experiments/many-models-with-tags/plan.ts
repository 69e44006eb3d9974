import { measureModelBody } from '../../api/models.js'
import { MAX_JSON_BODY_BYTES } from '../../api/releases.js'
import { createRandom, type Random } from '../../content/seeded-random.js'
import { UsageError } from '../../errors.js'
import type { Run } from '../../run/run.js'
import { flipCase } from './letter-case.js'

/** Where the names of models lead back to. */
export const DESCRIPTION = 'One of many, made by bailo-exp to be searched for.'

export interface PlannedModel {
  /** Stable from run to run. */
  readonly stepName: string
  /** With the id of the run in it, by which searches tell this run's models from others. */
  readonly name: string
  /** As they are sent: in any case. */
  readonly tags: readonly string[]
}

export interface ModelsPlan {
  readonly count: number
  readonly prefix: string
  /** What is drawn from, in lower case. */
  readonly tags: readonly string[]
  readonly seed: string
}

/**
 * Plans the models that this process makes, one when it is asked for: each depends on the seed and its own number only. They
 * are all of them, unless several processes make the run together.
 */
export function* planModels(plan: ModelsPlan, run: Pick<Run, 'id' | 'owns'>): Generator<PlannedModel> {
  for (let index = 1; index <= plan.count; index++) {
    const stepName = stepNameOf(plan, index)
    if (!run.owns(stepName)) continue
    const random = createRandom(plan.seed, `tags of model ${index}`)
    yield {
      stepName,
      name: `${plan.prefix}-${run.id}-${writeNumber(plan, index)}`,
      tags: drawTags(random, plan.tags).map((tag) => flipCase(random, tag)),
    }
  }
}

/** The step that makes a model, by its number. */
export function stepNameOf(plan: ModelsPlan, index: number): string {
  return `${plan.prefix}-${writeNumber(plan, index)}`
}

function writeNumber({ count }: ModelsPlan, index: number): string {
  return String(index).padStart(String(count).length, '0')
}

/** One or more of the tags, none of them twice. */
function drawTags(random: Random, tags: readonly string[]): readonly string[] {
  const left = [...tags]
  return Array.from({ length: random.integer(1, tags.length) }, () => {
    const [drawn = ''] = left.splice(random.integer(0, left.length - 1), 1)
    return drawn
  })
}

/**
 * Refuses names and tags that make a request larger than Bailo takes, before the first model is made.
 *
 * @throws UsageError
 */
export function checkPlan({ count, prefix, tags }: ModelsPlan, runId: string): void {
  if (prefix.trim() === '') {
    throw new UsageError('--prefix is empty.', ['give the models a name, such as --prefix Many-Models-With-Tags'])
  }
  const sizeBytes = measureModelBody(`${prefix}-${runId}-${count}`, DESCRIPTION, { tags })
  if (sizeBytes > MAX_JSON_BODY_BYTES) {
    throw new UsageError(
      `A model with this prefix and all of the tags makes a request of ${sizeBytes} bytes, and Bailo takes ${MAX_JSON_BODY_BYTES}.`,
      ['use a shorter --prefix, or fewer tags'],
    )
  }
}
