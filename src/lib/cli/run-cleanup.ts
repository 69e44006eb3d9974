import { DEFAULT_RETRY_POLICY } from '../http/retry.js'
import type { ExitCode } from '../errors.js'
import { UsageError } from '../errors.js'
import { cleanUp, type CleanupPlan, type CleanupResult } from '../experiments/cleanup/index.js'
import { exitCodeOf } from '../experiments/result.js'
import { formatCleanupPlan } from '../report/cleanup-text.js'
import { countOf } from '../report/text.js'
import { confirmName, isAtTerminal } from './confirm-name.js'
import { loadSettingsOfRun, withRunJournal } from './open-run.js'
import { printShortfall, type Extent } from './print-shortfall.js'
import { runExperiment } from './run-experiment.js'

export interface CleanupFlags {
  readonly confirm?: string | undefined
  readonly concurrency: number
  readonly 'dry-run': boolean
  readonly 'env-file'?: string | undefined
  readonly quiet: boolean
  readonly 'state-dir'?: string | undefined
  readonly url?: string | undefined
}

/**
 * Removes what a run has made, once that is confirmed.
 *
 * @param name the run's id, or `last`
 * @throws UsageError when there is no such run, or nothing confirms it; nothing was removed then
 */
export async function runCleanup(
  name: string,
  flags: CleanupFlags,
  caller: { readonly isJson: boolean; readonly version: string },
): Promise<{ result: CleanupResult; exitCode: ExitCode }> {
  const { version } = caller
  return withRunJournal({ name, stateDir: flags['state-dir'], version }, async (journal) => {
    const { id } = journal.header
    if (flags.confirm !== undefined && flags.confirm !== id) {
      throw new UsageError(`--confirm names "${flags.confirm}", and the run that is to be cleaned up is ${id}.`, [
        `--confirm ${id}, if that one is meant`,
      ])
    }
    const settings = await loadSettingsOfRun(journal, flags)
    const { result, stopReason } = await runExperiment(
      {
        concurrency: flags.concurrency,
        graceMs: 10_000,
        isDryRun: flags['dry-run'],
        isFailFast: false,
        isQuiet: flags.quiet,
        retries: DEFAULT_RETRY_POLICY,
        version,
      },
      (context) =>
        cleanUp(context, {
          journal,
          settings,
          confirm: (plan) => (flags.confirm === id ? Promise.resolve(true) : ask(id, plan, caller.isJson)),
        }),
    )
    const isRefused = result.confirmation === 'refused'
    const findings = isRefused
      ? [{ subject: `the run ${id}`, message: 'was not confirmed' }, ...result.findings]
      : result.findings
    if (stopReason === undefined) {
      const extent = isRefused ? refusalOf(id) : { message: 'Not everything was removed', tryNext: [] }
      printShortfall(result.url, result.run, findings, extent)
    }
    return { result, exitCode: exitCodeOf(result.run, findings.length, stopReason) }
  })
}

function refusalOf(runId: string): Extent {
  return {
    message: 'Nothing was removed',
    preposition: 'from',
    tryNext: [`--confirm ${runId}, which removes without asking`, '--dry-run, which lists without asking'],
  }
}

/** @throws UsageError when there is nobody to ask */
async function ask(runId: string, plan: CleanupPlan, isJson: boolean): Promise<boolean> {
  if (isJson || !isAtTerminal()) {
    const message = `${countOf(plan.removed.length, 'thing')} of the run ${runId} would be removed, and nothing confirms it.`
    throw new UsageError(message, refusalOf(runId).tryNext)
  }
  return confirmName(
    `${formatCleanupPlan(plan)}\n\nType ${runId} to remove what is listed, or anything else to leave it: `,
    runId,
    refusalOf(runId),
  )
}
