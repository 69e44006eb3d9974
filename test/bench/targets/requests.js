import { join } from 'node:path'
import { writeDump } from '../dump.js'
import { makeDirectory, runPart } from '../processes.js'

const UPLOAD = 'POST /api/v2/model/:modelId/files/upload/simple'

/** Requests are counted, not timed: once is enough. */
export async function measure() {
  const many = await runPart('count-requests', {
    args: ['many-releases-with-files', '--count', '100', '--max-size-exponent', '4', '--quiet'],
  })
  const dump = join(makeDirectory(), 'dump.json')
  writeDump(dump, 100, (index) => Array.from({ length: index + 1 }, (_, number) => number))
  const clone = await runPart('count-requests', {
    args: ['clone-releases', '--from-file', dump, '--no-images', '--quiet'],
  })
  const uploads = clone.counts[UPLOAD] ?? 0
  return [
    {
      what: 'many-releases-with-files, 100 files, 101 releases',
      comparedWith: 'requests made',
      measured: `${many.total} requests`,
      target: 'at most 210',
      isMet: many.total <= 210,
      details: many,
    },
    {
      what: 'clone of 100 releases with cumulative files',
      comparedWith: 'uploads',
      measured: `${uploads} uploads, ${clone.total} requests`,
      target: '100 uploads, not 5,050',
      isMet: uploads === 100,
      details: clone,
    },
  ]
}
