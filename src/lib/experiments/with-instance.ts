import { connect, type Instance } from '../api/instance.js'
import type { Settings } from '../config/settings.js'
import type { ExperimentContext } from './context.js'

/** Sockets per step: a step may have several parts of a file or layers under way. */
const SOCKETS_PER_STEP = 4

/**
 * Opens an instance for an experiment and closes it afterwards. Requests that are sent again count as the run's retries.
 *
 * @returns what `use` returns
 */
export async function withInstance<T>(
  { run, version }: ExperimentContext,
  settings: Settings,
  use: (instance: Instance) => Promise<T>,
): Promise<T> {
  run.useOrigin(settings.origin)
  const instance = connect(settings, {
    userAgent: `bailo-exp/${version}`,
    maxConnections: run.maxConnections ?? run.concurrency * SOCKETS_PER_STEP,
    pace: run.pacer,
    retryPolicy: run.retryPolicy,
    signal: run.signal,
    onRetry: (failure) => run.noteRetry(failure),
    onAttempt: (failure, attempt) => run.noteAttempt(failure, attempt),
  })
  try {
    return await use(instance)
  } finally {
    await instance.connection.close()
  }
}

/**
 * Opens the two instances of an experiment that has two ends, likewise: one connection where both are the same.
 *
 * @param source the same object as `destination` where both ends have the same settings
 */
export async function withBothInstances<T>(
  context: ExperimentContext,
  { source, destination }: { readonly source: Settings; readonly destination: Settings },
  use: (source: Instance, destination: Instance) => Promise<T>,
): Promise<T> {
  return withInstance(context, source, (opened) =>
    destination === source ? use(opened, opened) : withInstance(context, destination, (other) => use(opened, other)),
  )
}
