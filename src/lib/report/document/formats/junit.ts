import { formatSize } from '../../../content/size.js'
import { escapeXml } from '../../xml-text.js'
import type { KindPart, RunDocument } from '../model.js'
import { describeRun, latencyText } from '../words.js'

interface Case {
  readonly name: string
  readonly seconds?: number
  readonly failure?: { readonly type: string; readonly message: string; readonly text: string }
  readonly output?: string
}

/**
 * JUnit XML, as GitLab and Jenkins show it: a suite for the run with one test for its verdict, one for each kind of step, one
 * for each step that failed, and one for each finding. A run that was not asked to fail by what it found is green.
 */
export function formatJunit(document: RunDocument): string {
  const { run, verdict } = document
  const isGreen = verdict.exitCode === 0
  const cases = [verdictCase(document), ...document.steps.map(kindCase)]
  if (!isGreen) cases.push(...failedCases(document), ...findingCases(document))
  const failures = cases.filter(({ failure }) => failure !== undefined).length
  const head = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds(run.durationMs)}"`
  const suite = `bailo-exp ${run.command}`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="bailo-exp" ${head}>`,
    `  <testsuite name="${escapeXml(suite)}" ${head} timestamp="${run.startedAt.slice(0, 19)}">`,
    '    <properties>',
    ...describeRun(document).map(
      ([name, value]) => `      <property name="${escapeXml(name)}" value="${escapeXml(value)}"/>`,
    ),
    '    </properties>',
    ...cases.map((one) => formatCase(suite, one)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function verdictCase({ run, verdict }: RunDocument): Case {
  const { exitCode, outcome, message } = verdict
  return {
    name: 'verdict',
    seconds: run.durationMs / 1000,
    ...(exitCode === 0 ? { output: message } : { failure: { type: outcome, message, text: `exit code ${exitCode}` } }),
  }
}

/** Its time is that of all its steps together; steps that failed are tests of their own. */
function kindCase(part: KindPart): Case {
  const { kind, done, skipped, failed, retried, bytes, latency } = part
  const counts = [
    `${done} done`,
    ...(skipped > 0 ? [`${skipped} done before`] : []),
    `${failed} failed`,
    `${retried} retries`,
    ...(bytes > 0 ? [formatSize(bytes)] : []),
    ...(latency === undefined ? [] : [`p50 / p95 / max ${latencyText(latency)}`]),
  ]
  return { name: `steps: ${kind}`, seconds: (latency?.sumMs ?? 0) / 1000, output: counts.join(', ') }
}

function failedCases({ failed }: RunDocument): Case[] {
  return [
    ...failed.first.map(({ step, message, tryNext }) => ({
      name: `step: ${step}`,
      failure: { type: 'failed-step', message, text: [message, ...tryNext.map((hint) => `Try: ${hint}`)].join('\n') },
    })),
    ...restCase('steps that failed', failed),
  ]
}

function findingCases({ findings }: RunDocument): Case[] {
  return [
    ...findings.first.map(({ subject, message, tryNext }, index) => ({
      // Several findings may be about one thing, and viewers tell tests apart by their names.
      name: `finding ${index + 1}: ${subject}`,
      failure: {
        type: 'finding',
        message: `${subject} ${message}`,
        text: [`${subject} ${message}`, ...(tryNext === undefined ? [] : [`Try: ${tryNext}`])].join('\n'),
      },
    })),
    ...restCase('findings', findings),
  ]
}

function restCase(what: string, { count, first }: { count: number; first: readonly unknown[] }): Case[] {
  const rest = count - first.length
  if (rest === 0) return []
  const message = `${rest} more ${what} are not listed here`
  return [{ name: `more ${what}`, failure: { type: 'more', message, text: message } }]
}

function formatCase(suite: string, { name, seconds: time, failure, output }: Case): string {
  const head = `    <testcase classname="${escapeXml(suite)}" name="${escapeXml(name)}" time="${(time ?? 0).toFixed(3)}"`
  if (failure !== undefined) {
    const { type, message, text } = failure
    const lines = text.split('\n').map(escapeXml).join('\n')
    return `${head}><failure type="${type}" message="${escapeXml(message)}">${lines}</failure></testcase>`
  }
  return output === undefined ? `${head}/>` : `${head}><system-out>${escapeXml(output)}</system-out></testcase>`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}
