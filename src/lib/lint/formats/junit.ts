import { escapeXml } from '../../report/xml-text.js'
import type { Finding } from '../finding.js'
import { fails, type Report } from '../report.js'
import type { RuleInfo } from '../rules/rule.js'
import type { Format } from './format.js'
import { summaryLines } from './summary-lines.js'

/**
 * JUnit XML with a test suite for each rule. A finding that fails the check is a failed test, any other one a test that
 * passed and has something to say, so that a report is as red as the check; a rule without findings is one that passed.
 */
export const junit: Format = (report) => {
  const suites = report.rules.map((rule) => formatSuite(rule, report))
  const failures = report.findings.filter((finding) => fails(finding, report.summary.failOn)).length
  const tests = report.rules.reduce((sum, rule) => sum + Math.max(1, findingsOf(rule, report).length), 0)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="bailo-exp openapi" tests="${tests}" failures="${failures}" errors="0">`,
    ...suites,
    '</testsuites>',
  ].join('\n')
}

function findingsOf({ id }: RuleInfo, { findings }: Report): Finding[] {
  return findings.filter(({ rule }) => rule === id)
}

function formatSuite(rule: RuleInfo, report: Report): string {
  const findings = findingsOf(rule, report)
  const failures = findings.filter((finding) => fails(finding, report.summary.failOn)).length
  const cases = findings.map((finding) => formatCase(finding, report))
  const [first] = report.rules
  return [
    `  <testsuite name="${escapeXml(rule.id)}" tests="${Math.max(1, cases.length)}" failures="${failures}" errors="0">`,
    ...(cases.length > 0 ? cases : [`    <testcase classname="${escapeXml(rule.id)}" name="nothing found"/>`]),
    ...(rule === first ? [`    <system-out>${escapeXml(summaryLines(report).join('; '))}</system-out>`] : []),
    '  </testsuite>',
  ].join('\n')
}

function formatCase(finding: Finding, { summary }: Report): string {
  const { file, line, rule, level, method, path, message, fingerprint } = finding
  const place = line === null ? file : `${file}:${line}`
  const name = [method, path, fingerprint].filter((part) => part !== '').join(' ')
  const head = `    <testcase classname="${escapeXml(rule)}" name="${escapeXml(name)}" file="${escapeXml(file)}"`
  const text = escapeXml(`${place}: ${message}`)
  const body = fails(finding, summary.failOn)
    ? `<failure type="${escapeXml(level)}" message="${escapeXml(message)}">${text}</failure>`
    : `<system-out>${escapeXml(level)}: ${text}</system-out>`
  return `${head}${line === null ? '' : ` line="${line}"`}>${body}</testcase>`
}
