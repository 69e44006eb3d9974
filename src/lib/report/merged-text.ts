import chalk from 'chalk'
import { formatSize } from '../content/size.js'
import { experimentTables } from './document/experiment-tables.js'
import type { RunDocument } from './document/model.js'
import { OUTCOME_TITLES } from './document/verdict.js'
import { latencyText } from './document/words.js'
import { joinBlocks, withVisibleControls } from './run-text.js'
import { formatDuration, formatTable, wrapText } from './text.js'

/** The summary of joined reports for people. */
export function formatMerged(rawDocument: RunDocument): string {
  const { run, verdict, merged = [], steps, experiment } = withVisibleControls(rawDocument)
  const colour = verdict.exitCode === 0 ? chalk.green : chalk.red
  return joinBlocks(
    wrapText(
      `${chalk.bold(run.command)}: ${colour(OUTCOME_TITLES[verdict.outcome])}. ${verdict.message}`,
      '',
      '  ',
    ).join('\n'),
    formatTable(
      ['shard', 'time', 'exit code'],
      merged.map(({ shard, startedAt, endedAt, exitCode }) => [
        `${shard.index} of ${shard.count}`,
        formatDuration(Date.parse(endedAt) - Date.parse(startedAt)),
        String(exitCode),
      ]),
    ),
    formatTable(
      ['steps', 'done', 'failed', 'retries', 'bytes', 'p50 / p95 / max'],
      steps.map(({ kind, done, failed, retried, bytes, latency }) => [
        kind,
        ...[done, failed, retried].map(String),
        bytes > 0 ? formatSize(bytes) : '',
        latency === undefined ? '' : latencyText(latency),
      ]),
    ),
    ...experimentTables(experiment).map(({ title, head, rows }) => `${title}:\n${formatTable(head, rows)}`),
  )
}
