import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { defaultCacheDirectory, defaultRunsDirectory } from '../config/state-directory.js'
import { showServerText } from '../http/server-text.js'
import { readCommands } from './commands.js'
import { decideCompletion, type Candidate, type Completion, type Place } from './decide.js'
import { listModelNames, refreshModelNames } from './model-ids.js'
import { splitLine } from './split-line.js'

/** The word that a shell calls this tool with, to be told what may come next. */
export const COMPLETE_WORD = '__complete'
/** In place of a shell's name: asks the instance for its models, for the calls to come. */
const REFRESH_WORD = 'refresh'

/**
 * Answers a shell on stdout: `words` or `files`, then one word per line, and after a tab what it means.
 *
 * @param args after {@link COMPLETE_WORD}: the shell, and the line that is being typed, in the form that suits the shell and
 *   as one word
 * @param entry URL of the script in `bin/`
 */
export async function complete([shell = '', ...args]: readonly string[], entry: string): Promise<void> {
  if (shell === REFRESH_WORD) {
    await refreshModelNames(JSON.parse(args[0] ?? '{}') as Place, cacheDirectory())
    return
  }
  const words = readWords(shell, args)
  const typed = words.at(-1) ?? ''
  const completion = decideCompletion(readCommands(fileURLToPath(new URL('../oclif.manifest.json', entry))), words)
  if (completion.kind === 'files') {
    process.stdout.write('files\n')
    return
  }
  // bash keeps what is before the last of these characters, and replaces the rest.
  const kept = shell === 'bash' ? (/^.*[=:]/s.exec(typed)?.[0].length ?? 0) : 0
  const fitting = (await listCandidates(completion, entry)).filter(({ text }) => text.startsWith(typed))
  const lines = fitting.map(({ text, description }) => `${text.slice(kept)}\t${shorten(description)}\n`)
  process.stdout.write(`words\n${lines.join('')}`)
}

/** The words after the name of the program; the last one is being typed. */
function readWords(shell: string, args: readonly string[]): readonly string[] {
  const [line = ''] = args
  if (shell === 'zsh') return line.split('\n')
  return splitLine(shell === 'powershell' ? Buffer.from(line, 'base64').toString() : line).slice(1)
}

async function listCandidates(
  completion: Exclude<Completion, { kind: 'files' }>,
  entry: string,
): Promise<readonly Candidate[]> {
  if (completion.kind === 'words') return completion.candidates
  const { kind, prefix, place } = completion
  if (kind === 'runs') {
    const ids = await listRunIds(place)
    return ['last', ...ids].map((id) => ({ text: prefix + id, description: '' }))
  }
  const refresh = [process.execPath, fileURLToPath(entry), COMPLETE_WORD, REFRESH_WORD, JSON.stringify(place)]
  const names = await listModelNames(place, cacheDirectory(), refresh)
  return names.map(({ id, name }) => ({ text: prefix + id, description: name }))
}

async function listRunIds({ stateDir }: Place): Promise<string[]> {
  const directory = stateDir ?? (process.env['BAILO_EXP_STATE_DIR'] || defaultRunsDirectory(process.env))
  const names = await readdir(directory).catch(() => [])
  return names.flatMap((name) => /^(\w+)\.jsonl$/.exec(name)?.[1] ?? [])
}

function cacheDirectory(): string {
  return defaultCacheDirectory(process.env)
}

/** One short line, whatever a server calls its models. */
function shorten(description: string): string {
  const text = showServerText(description).replaceAll('\t', ' ')
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
