import { showControls } from '../http/server-text.js'

/**
 * A line of a job's log that GitHub Actions makes an annotation of.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 *
 * @param properties those that are null are left out
 */
export function formatWorkflowCommand(
  command: 'error' | 'warning' | 'notice',
  properties: Readonly<Record<string, string | number | null>>,
  message: string,
): string {
  const list = Object.entries(properties).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${escapeProperty(String(value))}`],
  )
  return `::${command} ${list.join(',')}::${escapeData(message)}`
}

function escapeData(text: string): string {
  return showControls(text).replaceAll('%', '%25')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
