import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { defaultRunsDirectory } from '../config/state-directory.js'
import { UsageError } from '../errors.js'
import { JOURNAL_FORMAT } from '../run/journal/entries.js'
import { Journal } from '../run/journal/journal.js'
import { findRunId, isRecorded } from '../run/journal/run-store.js'
import { createRunId } from '../run/run-id.js'
import { joinArgs, parseWritten, toRecordedArgs, type CommandInput, type ParsedLine } from './recorded-args.js'
import { readShare, type Share } from './shard-flags.js'
import { quoteForShell } from './shell-quote.js'

/** The command that a run belongs to, and how it was called. */
export interface Invocation {
  /** As it is written on the command line: `clone-releases`. */
  readonly command: string
  /** The name of this tool on the command line. */
  readonly program: string
  /** Of this tool. */
  readonly version: string
  readonly input: CommandInput
  readonly argv: readonly string[]
}

/** What is, or will be, recorded of a run. */
export interface RunRecord {
  readonly journal: Journal
  /** The command line to carry out. */
  readonly argv: readonly string[]
  /** The command that goes on with the run, for people. */
  readonly resumeCommand: string
  /** Where several processes make the run together. */
  readonly share: Share | undefined
}

/** Where runs are recorded, as an absolute path. */
export function resolveRunsDirectory(stateDir: string | undefined): string {
  return path.resolve(stateDir ?? defaultRunsDirectory(process.env))
}

/** The record of a new run; nothing is on disk before its first step. */
export async function createRecord(invocation: Invocation): Promise<RunRecord> {
  const { command, program, version, argv, input } = invocation
  const line = await parseWritten(argv, input)
  const share = readShare(command, line.values)
  const id = share?.recordId ?? createRunId()
  const journal = Journal.create(resolveRunsDirectory(stateDirOf(line)), {
    format: JOURNAL_FORMAT,
    id,
    command,
    version,
    args: toRecordedArgs(line, input, process.env),
    cwd: process.cwd(),
    startedAt: new Date().toISOString(),
  })
  return { journal, argv, share, resumeCommand: writeResumeCommand(program, command, id, listFileWords(line.words)) }
}

/**
 * Opens the record of the run that a command line continues: the one that it names, or that of the same shard.
 *
 * @param parse reads the command line of the run, and returns the value of each of its flags
 * @returns undefined for a command line that continues none
 * @throws UsageError when there is no such run, it is in use or belongs to another command or directory, or flags were given
 *   that would make another run of it
 */
export async function openRecord(
  invocation: Invocation,
  parse: (argv: readonly string[]) => Promise<Readonly<Record<string, unknown>>>,
): Promise<RunRecord | undefined> {
  const { command, program, version, input, argv } = invocation
  // What cannot be read is refused in its turn, by the parser that knows all the rules.
  const line = await parseWritten(argv, input).catch(() => undefined)
  if (line === undefined) return undefined
  const directory = resolveRunsDirectory(stateDirOf(line))
  const runId = await findRunToContinue(directory, line, command)
  if (runId === undefined) return undefined
  const journal = await Journal.open(directory, runId, version)
  try {
    const { header, earlier } = journal
    const own = await parseWritten(header.args, input)
    const words = listFileWords(new Map([...own.words, ...line.words]))
    const resumeCommand = writeResumeCommand(program, command, runId, words)
    if (header.command !== command) {
      throw new UsageError(`The run ${runId} is one of ${header.command}, not of ${command}.`, [
        `${program} ${header.command} --resume ${runId}`,
      ])
    }
    if ((earlier?.removedCount ?? 0) > 0) {
      throw new UsageError(`What the run ${runId} made was removed by cleanup, so that it cannot be continued.`, [
        'run without --resume to begin a new run',
      ])
    }
    if (header.cwd !== process.cwd() && header.cwd !== (await realpath('.'))) {
      throw new UsageError(`The run ${runId} was started in ${header.cwd}, where its settings and files are.`, [
        `cd ${quoteForShell(header.cwd)} && ${resumeCommand}`,
      ])
    }
    const share = readShare(command, own.values)
    return {
      journal,
      resumeCommand,
      share,
      argv: await joinArgs(runId, header.args, argv, input, await parse(header.args)),
    }
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** @throws UsageError when it names a run that there is not */
async function findRunToContinue(
  directory: string,
  { values }: ParsedLine,
  command: string,
): Promise<string | undefined> {
  const { resume } = values
  if (typeof resume === 'string') return findRunId(directory, resume, command)
  const share = readShare(command, values)
  if (share === undefined) return undefined
  return (await isRecorded(directory, share.recordId)) ? share.recordId : undefined
}

function stateDirOf({ values }: ParsedLine): string | undefined {
  const { 'state-dir': stateDir } = values
  return typeof stateDir === 'string' ? stateDir : process.env['BAILO_EXP_STATE_DIR'] || undefined
}

/**
 * The command that goes on with a run, for people.
 *
 * @param words what else it takes, such as `--state-dir=DIRECTORY`
 */
export function writeResumeCommand(program: string, command: string, runId: string, words: readonly string[]): string {
  return [program, ...command.split(' '), '--resume', runId, ...words].map((word) => quoteForShell(word)).join(' ')
}

/** Where the files are that a command line names; the rest of it is in the journal. */
function listFileWords(words: ParsedLine['words']): string[] {
  return ['env-file', 'state-dir'].flatMap((name) => words.get(name) ?? [])
}
