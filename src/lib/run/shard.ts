import { createHash } from 'node:crypto'
import { UsageError } from '../errors.js'
import type { Sharing } from './step.js'

/** One of several processes that make the things of one run together. */
export interface Shard {
  /** From 1 to `count`. */
  readonly index: number
  readonly count: number
}

/** The shard that makes what is made in an order: the first, so that the order is that of an undivided run. */
const ORDERED_OWNER = 1

/** More would only look at what the others make. */
const MAX_SHARDS = 1000

/**
 * Reads a shard such as `2/4`. In place of the index there may be `job`: then it follows from JOB_COMPLETION_INDEX, which
 * an indexed job of Kubernetes sets, from 0.
 *
 * @throws UsageError for anything else
 */
export function parseShard(text: string, environment: Readonly<Record<string, string | undefined>>): Shard {
  const [, index = '', count = ''] = /^(\d{1,4}|job)\/(\d{1,4})$/.exec(text) ?? []
  const shard = { index: index === 'job' ? indexOfJob(environment) : Number(index), count: Number(count) }
  if (shard.count >= 1 && shard.count <= MAX_SHARDS && shard.index >= 1 && shard.index <= shard.count) return shard
  throw new UsageError(`${JSON.stringify(text.slice(0, 40))} is no shard.`, [
    `give the number of this one and that of all: 1/4 to 4/4, or job/4 in an indexed job; at most ${MAX_SHARDS}`,
  ])
}

function indexOfJob({ JOB_COMPLETION_INDEX: index = '' }: Readonly<Record<string, string | undefined>>): number {
  if (/^\d{1,4}$/.test(index)) return Number(index) + 1
  throw new UsageError('--shard job/N needs JOB_COMPLETION_INDEX, which is not set to a number.', [
    'it is set in an indexed job of Kubernetes; elsewhere give the number of the shard, such as 1/4',
  ])
}

/** As it is written on the command line: `2/4`. */
export function writeShard({ index, count }: Shard): string {
  return `${index}/${count}`
}

/**
 * Which shard makes a thing: every process comes to the same answer, whatever it knows of the server. The first 48 bits of
 * the key's SHA-256, modulo the number of shards.
 */
export function shardIndexOf(key: string, count: number): number {
  return (createHash('sha256').update(key).digest().readUIntBE(0, 6) % count) + 1
}

/** The index of the shard that makes a thing. */
export function ownerOf(key: string, count: number, sharing: Sharing): number {
  return sharing === 'in-order' ? ORDERED_OWNER : shardIndexOf(key, count)
}
