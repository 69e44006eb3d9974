import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBaseline, sortByBaseline, writeBaseline } from '../../src/lib/lint/baseline.js'
import { readConfig } from '../../src/lib/lint/config.js'
import { Fingerprints, toFinding, type Problem } from '../../src/lib/lint/finding.js'
import { chooseLevels, parseSetting } from '../../src/lib/lint/levels.js'
import { nearestOf } from '../../src/lib/report/nearest.js'
import { fails } from '../../src/lib/lint/report.js'
import { RULES } from '../../src/lib/lint/rules/index.js'
import { makeFolder } from './subject.js'

function problem(more: Partial<Problem> = {}): Problem {
  const location = { file: 'src/client.py', line: 3, column: 5, function: 'Client.get' }
  return { message: 'm', method: 'GET', path: '/x', location, subject: 's', ...more }
}

const printOf = (more: Partial<Problem> = {}, rule = 'method-unknown') => new Fingerprints().of(rule, problem(more))
const found = (more: Partial<Problem> = {}) => toFinding('method-unknown', 'error', problem(more), new Fingerprints())

describe('a fingerprint', () => {
  it('is 12 hexadecimal digits', () => {
    expect(printOf()).toMatch(/^[0-9a-f]{12}$/)
  })

  it('does not change with lines, columns, words, or where the check runs', () => {
    const location = { file: '/elsewhere/client.py', line: 99, column: 1, function: 'Client.get' }
    expect(printOf({ location, message: 'other words', pointer: '/p' })).toBe(printOf())
    expect(printOf({ location: { ...location, file: 'C:\\a\\client.py' } })).toBe(printOf())
  })

  it.each([
    ['the rule', printOf({}, 'endpoint-unknown')],
    ['the method', printOf({ method: 'PUT' })],
    ['the path', printOf({ path: '/y' })],
    ['the name', printOf({ subject: 't' })],
    ['the function', printOf({ location: { file: 'client.py', line: 3, column: 5, function: 'Client.put' } })],
    ['the file', printOf({ location: { file: 'other.py', line: 3, column: 5, function: 'Client.get' } })],
  ])('changes with %s', (_name, other) => {
    expect(other).not.toBe(printOf())
  })

  it('tells equal findings apart', () => {
    const fingerprints = new Fingerprints()
    const [one, two, other] = [problem(), problem(), problem({ path: '/y' })].map((one) => fingerprints.of('r', one))
    expect(new Set([one, two, other]).size).toBe(3)
    expect(new Fingerprints().of('r', problem())).toBe(one)
  })
})

describe('levels', () => {
  const levelsOf = (...settings: string[]) => chooseLevels(RULES, settings.map(parseSetting))

  it('are those of the rules unless they are set, and the last setting counts', () => {
    expect(levelsOf().get('endpoint-not-covered')).toBe('warning')
    expect(levelsOf('endpoint-not-covered=error', ' endpoint-not-covered = info ').get('endpoint-not-covered')).toBe(
      'info',
    )
    expect(levelsOf('endpoint-not-covered=off').has('endpoint-not-covered')).toBe(false)
  })

  it.each([
    ['endpoint-unknwon=off', 'use endpoint-unknown'],
    ['xyz=off', 'openapi rules lists'],
    ['endpoint-unknown=loud', 'use off, error, warning, info'],
    ['endpoint-unknown', 'write for instance'],
    ['=off', 'write for instance'],
  ])('%s is refused: %s', (setting, advice) => {
    let error: unknown
    try {
      levelsOf(setting)
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ exitCode: 2 })
    expect((error as { tryNext: string[] }).tryNext[0]).toContain(advice)
  })

  it('decide together with --fail-on', () => {
    const levels = ['error', 'warning', 'info'] as const
    const failing = (failOn: 'error' | 'warning' | 'never') => levels.filter((level) => fails({ level }, failOn))
    expect(failing('error')).toEqual(['error'])
    expect(failing('warning')).toEqual(['error', 'warning'])
    expect(failing('never')).toEqual([])
  })
})

describe('the nearest name', () => {
  it.each([
    ['fail_on', 'fail-on'],
    ['Rules', 'rules'],
    ['baselines', 'baseline'],
    ['something-else', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ])('to %.20s is %s', (name, expected) => {
    expect(nearestOf(name, ['rules', 'fail-on', 'baseline'])).toBe(expected)
  })
})

describe('a settings file', () => {
  const read = async (text: string) => readConfig(path.join(await makeFolder({ 'c.yaml': text }), 'c.yaml'))

  it('sets levels, what fails, and the baseline', async () => {
    const text = 'rules:\n  endpoint-unknown: off\n  duplicate-path: warning\nfail-on: warning\nbaseline: b.json\n'
    expect(await read(text)).toEqual({
      rules: [
        ['endpoint-unknown', 'off'],
        ['duplicate-path', 'warning'],
      ],
      failOn: 'warning',
      baseline: 'b.json',
    })
  })

  it('may be empty', async () => {
    expect(await read('# nothing\n')).toEqual({ rules: [], failOn: undefined, baseline: undefined })
  })

  it.each([
    ['rule: {}', 'unknown key "rule"', 'use rules'],
    ['zzz: 1', 'unknown key "zzz"', 'use rules, fail-on, baseline'],
    ['rules: [a]', '"rules"', 'endpoint-not-covered: off'],
    ['fail-on: info', '"fail-on"', 'use error, warning, never'],
    ['baseline: 3', '"baseline"', ''],
    ['- a', 'not a map', ''],
    ['a: [', 'not valid YAML', ''],
    ['? [a]\n: b\n<<: *x', 'not valid YAML', ''],
  ])('%j is refused', async (text, message, advice) => {
    const error = await read(text).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) as string })
    expect((error as { tryNext: string[] }).tryNext.join()).toContain(advice)
  })

  it('that is named must be there', async () => {
    await expect(readConfig('/nowhere/c.yaml')).rejects.toMatchObject({ exitCode: 2 })
  })
})

describe('a baseline', () => {
  const all = () => true

  it('keeps what people wrote when it is made again, and drops what is settled', async () => {
    const file = path.join(await makeFolder(), 'baseline.json')
    const [one, two] = [found(), found({ path: '/y' })]
    await writeBaseline(file, [one, two], [], all)
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('"reason": ""', '"reason": "waits for \\"1.2\\"", "ticket": 7'))
    const entries = await readBaseline(file, false)
    await writeBaseline(file, [{ ...one, line: 77, message: 'new words' }], entries, all)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      version: 1,
      findings: [
        {
          reason: 'waits for "1.2"',
          ticket: 7,
          fingerprint: one.fingerprint,
          rule: 'method-unknown',
          method: 'GET',
          path: '/x',
          file: 'src/client.py',
          message: 'new words',
        },
      ],
    })
  })

  it('tells new findings from known ones, and stale entries from those of rules that did not run', () => {
    const entries = [
      { fingerprint: found().fingerprint, rule: 'method-unknown' },
      { fingerprint: '111111111111', rule: 'method-unknown' },
      { fingerprint: '222222222222', rule: 'response-mismatch' },
    ]
    const sorted = sortByBaseline([found(), found({ path: '/y' })], entries, (rule) => rule !== 'response-mismatch')
    expect(sorted.fresh.map((one) => one.path)).toEqual(['/y'])
    expect(sorted.known).toBe(1)
    expect(sorted.stale.map(({ fingerprint }) => fingerprint)).toEqual(['111111111111'])
  })

  it('keeps entries of rules that did not run', async () => {
    const file = path.join(await makeFolder(), 'baseline.json')
    const other = { fingerprint: '222222222222', rule: 'response-mismatch', reason: 'known' }
    await writeBaseline(file, [found()], [other], (rule) => rule !== 'response-mismatch')
    expect(await readBaseline(file, false)).toMatchObject([other, { rule: 'method-unknown' }])
  })

  it.each(['', '{', '[]', '{"findings": [{}]}', '{"findings": {"a": 1}}', 'null'])('is not %j', async (text) => {
    const file = path.join(await makeFolder({ 'b.json': text }), 'b.json')
    await expect(readBaseline(file, true)).rejects.toMatchObject({ exitCode: 2 })
  })

  it('must be there, unless it is to be made', async () => {
    await expect(readBaseline('/nowhere/b.json', false)).rejects.toMatchObject({ exitCode: 2 })
    expect(await readBaseline('/nowhere/b.json', true)).toEqual([])
    await expect(writeBaseline('/nowhere/b.json', [], [], all)).rejects.toMatchObject({ exitCode: 2 })
  })
})
