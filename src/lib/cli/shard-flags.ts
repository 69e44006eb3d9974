import { Flags } from '@oclif/core'
import { deriveRunId } from '../run/run-id.js'
import { parseShard, writeShard, type Shard } from '../run/shard.js'
import { durationFlag } from './flags.js'

const shardFlag = Flags.custom<Shard>({
  helpValue: 'I/N',
  parse: (text) => Promise.resolve().then(() => parseShard(text, process.env)),
})

/** Flags of the experiments that several processes can make together. */
export const shardFlags = {
  shard: shardFlag({
    description: 'make the I-th of N shares, beside N-1 other processes; job/N in an indexed job of Kubernetes',
    dependsOn: ['run-key'],
    helpGroup: 'SHARD',
  }),
  'run-key': Flags.string({
    description: "what all shards of this run are given, and no other run's: a build's number",
    env: 'BAILO_EXP_RUN_KEY',
    helpGroup: 'SHARD',
    helpValue: 'TEXT',
  }),
  'wait-for-shards': durationFlag({
    description: 'how long nothing that other shards make may appear, when this one needs it',
    default: 600_000,
    helpGroup: 'SHARD',
  }),
}

/** What a process has of a run that several make together. */
export interface Share {
  readonly shard: Shard
  /** The same for all shards. */
  readonly runId: string
  /** Of this shard alone: what it is recorded as. Started again, it finds its record by it. */
  readonly recordId: string
}

/**
 * Reads a command line for the share that it asks for.
 *
 * @param values of the flags, as they were written or set by variables
 * @returns undefined where it asks for none
 */
export function readShare(command: string, values: Readonly<Record<string, unknown>>): Share | undefined {
  const shard = values['shard'] as Shard | undefined
  const key = values['run-key'] ?? process.env['BAILO_EXP_RUN_KEY']
  if (shard === undefined || typeof key !== 'string') return undefined
  const run = JSON.stringify([command, key])
  return { shard, runId: deriveRunId(run), recordId: deriveRunId(`${run} ${writeShard(shard)}`) }
}
