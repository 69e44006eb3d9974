import { answers, type ScannersAnswer } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

export type Scanner = ScannersAnswer['scanners'][number]

const INFO = '/api/v2/filescanning/info'

/** The scanners of an instance, of files and of images; none where none is set up. */
export async function listScanners(instance: Instance): Promise<readonly Scanner[]> {
  const body = await bodyOf(instance.json.GET(INFO, {}))
  return answers.scanners.check({ method: 'GET', path: INFO }, body).scanners
}
