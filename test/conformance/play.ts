import { startSandbox } from '../../src/lib/sandbox/index.js'
import { compareAnswers, listMessages, type Answer, type Difference } from './compare.js'
import { rebuildRequest } from './requests.js'
import type { Sample } from './samples.js'
import { Stage, type Keys } from './stage.js'
import { UNSEEN } from './unseen.js'

/** How the sandbox did on one exchange. */
export interface Outcome {
  readonly sample: Sample
  readonly differences: readonly Difference[]
  /** True when either side answered an error, so that there was a message to compare. */
  readonly hasMessage: boolean
}

/** Plays all exchanges in order against a fresh sandbox, which is closed in the end. */
export async function playAll(samples: readonly Sample[]): Promise<Outcome[]> {
  const stage = new Stage(await startSandbox(), samples)
  try {
    stage.bindings.bind(originOf(samples), stage.sandbox.url)
    const outcomes: Outcome[] = []
    for (const sample of samples) outcomes.push(await play(stage, sample))
    return outcomes
  } finally {
    await stage.close()
  }
}

async function play(stage: Stage, sample: Sample): Promise<Outcome> {
  await UNSEEN[sample.name]?.(stage, sample)
  const answer = await stage.send(await rebuildRequest(stage, sample))
  remember(stage, sample, answer)
  return {
    sample,
    differences: compareAnswers(sample, answer, stage.bindings),
    hasMessage: listMessages(sample.response).length + listMessages(answer.body).length > 0,
  }
}

/** Keeps what later exchanges need and no sample shows: secrets, and where to send the bytes of a blob. */
function remember(stage: Stage, { name }: Sample, { body, headers }: Answer): void {
  const { token } = (body ?? {}) as { token?: Keys }
  if (token?.secretKey !== undefined) stage.keys.set(name, token)
  if (name === 'oci_upload_start' && typeof headers.location === 'string') stage.openUploads.push(headers.location)
}

/** Returns the origin that the captured instance was reached at: its challenges name it. */
function originOf(samples: readonly Sample[]): string {
  const challenge = samples.map(({ headers }) => headers['www-authenticate']).find((header) => header !== undefined)
  return /realm="(https?:\/\/[^/]+)/.exec(challenge ?? '')?.[1] ?? ''
}
