import type { Finding, Level } from '../finding.js'
import type { RuleInfo } from '../rules/rule.js'
import type { Format } from './format.js'
import { toWellFormed } from '../../report/well-formed.js'

const LEVELS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'note' }

/** SARIF 2.1.0, as code scanners of GitHub and others read it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export const sarif: Format = ({ findings, summary, rules, version }) => {
  const run = {
    tool: { driver: { name: 'bailo-exp', version, rules: rules.map(describeRule) } },
    columnKind: 'utf16CodeUnits',
    results: findings.map((finding) => describeFinding(finding, rules)),
    properties: { summary },
  }
  return JSON.stringify(
    { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] },
    undefined,
    2,
  )
}

function describeRule({ id, level, description }: RuleInfo): object {
  return { id, shortDescription: { text: description }, defaultConfiguration: { level: LEVELS[level] } }
}

function describeFinding(finding: Finding, rules: readonly RuleInfo[]): object {
  const { rule, level, method, path, file, line, column, function: within, message, fingerprint, pointer } = finding
  const region = line === null ? {} : { region: { startLine: line, ...(column !== null && { startColumn: column }) } }
  const logical = [
    ...(within === '' ? [] : [{ fullyQualifiedName: within, kind: 'function' }]),
    ...(path === '' ? [] : [{ fullyQualifiedName: `${method} ${path}`.trim(), kind: 'resource' }]),
  ]
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: LEVELS[level],
    message: { text: toWellFormed(message) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: toUri(file) }, ...region },
        ...(logical.length > 0 && { logicalLocations: logical }),
      },
    ],
    partialFingerprints: { 'bailoExp/v1': fingerprint },
    ...(pointer !== undefined && { properties: { pointer } }),
  }
}

/** A relative path is a URI reference once its segments are encoded; one with a drive letter needs a scheme. */
function toUri(file: string): string {
  if (/^https?:\/\//i.test(file)) return new URL(file).href
  const path = toWellFormed(file).replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/')
  if (/^[a-z]%3A\//i.test(path)) return `file:///${path.replace('%3A', ':')}`
  return path.startsWith('/') ? `file://${path}` : path
}
