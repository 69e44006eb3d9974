import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/lib/lint/finding.js'
import { FORMAT_NAMES, loadFormat, type FormatName } from '../../src/lib/lint/formats/index.js'
import { countFindings, type Report } from '../../src/lib/lint/report.js'
import { RULES } from '../../src/lib/lint/rules/index.js'
import { parseXml } from '../support/parse-xml.js'

/** Ends a cell, a line, an element, a comment, a command; controls, halves of pairs, and what no XML can have. */
const HOSTILE =
  'a|b`c``d\n::error::e%0Af,g:h<i>&"\'j]]>k\u001b[31ml\u202em\u0000n\ud800o\uffffp*_#@everyone [x](y) \\ ~z~ $1 {{2}} <!--'

function finding(more: Partial<Finding> = {}): Finding {
  return {
    rule: 'endpoint-unknown',
    level: 'error',
    method: 'GET',
    path: '/api/v2/x',
    file: 'src/client.py',
    line: 12,
    column: 5,
    function: 'Client.get',
    message: 'The specification has no path /api/v2/x.',
    fingerprint: '0123456789ab',
    ...more,
  }
}

const ofSpecification = finding({
  rule: 'duplicate-path',
  level: 'warning',
  file: 'https://bailo.example.com/api/v2/api-docs/swagger.json?a=b c',
  line: null,
  column: null,
  function: '',
  fingerprint: 'ba9876543210',
  pointer: '/paths/~1x',
})

function report(findings: readonly Finding[], more: Partial<Report['summary']> = {}): Report {
  return {
    findings,
    rules: RULES,
    version: '1.2.3',
    summary: {
      ...countFindings(findings, 'error'),
      baselined: 2,
      stale: [{ fingerprint: 'ffffffffffff', rule: 'method-unknown' }],
      specifications: [{ source: 's', title: 't', version: 'v', operations: 3 }],
      client: { names: ['client.py'], calls: 4, matched: 3, unresolved: 1, exempt: 0 },
      coverage: {
        covered: 2,
        total: 3,
        tags: [
          { tag: 'model', covered: 2, total: 3 },
          { tag: '', covered: 0, total: 1 },
        ],
      },
      ...more,
    },
  }
}

async function print(name: FormatName, findings: readonly Finding[], more?: Partial<Report['summary']>) {
  return (await loadFormat(name))(report(findings, more))
}

const hostile = [
  finding({ message: HOSTILE, path: HOSTILE, file: HOSTILE, function: HOSTILE }),
  finding({ ...ofSpecification, message: HOSTILE, file: `C:\\${HOSTILE}`, level: 'info' }),
]

describe('every format', () => {
  it.each(FORMAT_NAMES)('%s shows no control characters, whatever it is given', async (name) => {
    const text = await print(name, hostile)
    // eslint-disable-next-line no-control-regex -- that is what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    if (name !== 'json' && name !== 'sarif') expect(text).not.toMatch(/\u202e/)
  })

  it.each(FORMAT_NAMES)('%s prints a report without findings', async (name) => {
    expect(await print(name, [])).not.toBe('')
  })
})

describe('stylish', () => {
  it('puts findings under their file, and the summary below', async () => {
    expect(await print('stylish', [finding(), ofSpecification])).toBe(
      [
        'src/client.py',
        '  12:5     error    The specification has no path /api/v2/x.  endpoint-unknown  0123456789ab',
        '',
        'https://bailo.example.com/api/v2/api-docs/swagger.json?a=b c',
        '           warning  The specification has no path /api/v2/x.  duplicate-path  ba9876543210',
        '',
        'Tag       covered  of',
        'model           2   3',
        '(no tag)        0   1',
        '',
        '1 error, 1 warning, 0 for information; 2 more in the baseline',
        '1 entry of the baseline found nothing any more',
        'The specification has 3 of 4 calls of client.py (1 could not be told)',
        '2 of 3 operations covered',
      ].join('\n'),
    )
  })
})

describe('json', () => {
  it('is the findings and the summary, and every finding has the same fields', async () => {
    const document = JSON.parse(await print('json', [finding(), ofSpecification])) as Record<string, unknown>
    expect(Object.keys(document)).toEqual(['findings', 'summary'])
    expect(document['findings']).toEqual([finding(), ofSpecification])
    expect(document['summary']).toMatchObject({ errors: 1, warnings: 1, failed: true, baselined: 2 })
  })
})

describe('github', () => {
  it('escapes what would end a property or a command', async () => {
    const lines = (await print('github', hostile)).split('\n')
    expect(lines.filter((line) => line.startsWith('::'))).toHaveLength(2)
    expect(lines[0]).toMatch(/^::error file=[^,:]+,line=12,col=5,title=endpoint-unknown::a\|b/)
    expect(lines[0]).toContain('e%250Af')
    expect(lines[1]).toMatch(/^::notice file=[^,:]+,title=duplicate-path::/)
  })

  it('puts the address of a specification into the message, as it is no file of the repository', async () => {
    const [line] = (await print('github', [ofSpecification])).split('\n')
    expect(line).toMatch(/^::warning title=duplicate-path::https:\/\/bailo\.example\.com\/.*: The specification has/)
  })
})

describe('sarif', () => {
  const require = createRequire(import.meta.url)
  const schema = JSON.parse(
    readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
  ) as Record<string, unknown>
  const ajv = new Ajv.default({ strict: false, logger: false, allErrors: true, unicodeRegExp: false })
  addFormats.default(ajv)
  // The schema is of draft 4 in name only.
  const validate = ajv.compile(
    Object.fromEntries(Object.entries(schema).filter(([key]) => !['$schema', 'id'].includes(key))),
  )

  it.each([
    ['nothing', []],
    ['findings', [finding(), ofSpecification, finding({ file: '/absolute/a b.py', path: '' })]],
    ['hostile names', hostile],
  ])('is valid for %s', async (_name, findings) => {
    const log: unknown = JSON.parse(await print('sarif', findings))
    validate(log)
    expect(validate.errors ?? []).toEqual([])
  })

  it('is refused by the schema when it is wrong, which shows that the schema says something', () => {
    expect(validate({ version: '2.1.0', runs: [{ tool: {}, results: [{ level: 'fatal' }] }] })).toBe(false)
  })

  it('has places, levels, rules and fingerprints', async () => {
    const log = JSON.parse(await print('sarif', [finding(), ofSpecification])) as {
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[]
    }
    const [run] = log.runs
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(RULES.map(({ id }) => id))
    expect(run?.results).toMatchObject([
      {
        ruleId: 'endpoint-unknown',
        ruleIndex: 0,
        level: 'error',
        locations: [
          {
            physicalLocation: { artifactLocation: { uri: 'src/client.py' }, region: { startLine: 12, startColumn: 5 } },
            logicalLocations: [{ fullyQualifiedName: 'Client.get' }, { fullyQualifiedName: 'GET /api/v2/x' }],
          },
        ],
        partialFingerprints: { 'bailoExp/v1': '0123456789ab' },
      },
      {
        level: 'warning',
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'https://bailo.example.com/api/v2/api-docs/swagger.json?a=b%20c' },
            },
          },
        ],
        properties: { pointer: '/paths/~1x' },
      },
    ])
    expect(JSON.stringify(run?.results[1])).not.toContain('region')
  })
})

describe('junit', () => {
  it('is well-formed, whatever it is given', async () => {
    const elements = parseXml(await print('junit', hostile))
    expect(elements.filter(({ name }) => name === 'failure')).toHaveLength(1)
  })

  it('is as red as the check', async () => {
    const findings = [finding(), ofSpecification]
    const failuresOf = async (failOn: 'error' | 'warning' | 'never') => {
      const elements = parseXml(await print('junit', findings, countFindings(findings, failOn)))
      expect(elements.filter(({ name }) => name === 'testcase')).toHaveLength(RULES.length)
      return [elements[0]?.attributes['failures'], elements.filter(({ name }) => name === 'failure').length]
    }
    expect(await failuresOf('error')).toEqual(['1', 1])
    expect(await failuresOf('warning')).toEqual(['2', 2])
    expect(await failuresOf('never')).toEqual(['0', 0])
  })
})

describe('markdown', () => {
  it('keeps every row in its columns, and nothing in it is markup', async () => {
    const text = await print('markdown', hostile)
    const rows = text.split('\n').filter((line) => line.startsWith('|'))
    const cells = rows.map((row) => row.split(/(?<!\\)\|/).length - 2)
    expect(cells).toEqual([5, 5, 5, 5, 3, 3, 3, 3])
    const prose = text.replace(/(`+)[^]*?[^`]\1(?!`)/g, '')
    expect(prose).not.toMatch(/(?<!\\)[<>*_[\]`]/)
    expect(prose).not.toContain('@everyone')
  })

  it('says how the check ended', async () => {
    expect(await print('markdown', [finding()])).toMatch(/^## The check failed\n/)
    expect(await print('markdown', [ofSpecification])).toMatch(/^## The check passed\n/)
  })
})
