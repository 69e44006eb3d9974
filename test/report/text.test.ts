import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { countOf, formatDuration, formatTable, wrapText } from '../../src/lib/report/text.js'

describe('a table', () => {
  it('has its first column to the left and the others to the right, without trailing spaces', () => {
    expect(
      formatTable(
        ['', 'made', 'p50 / p95'],
        [
          ['releases', '12', '1.4 s / 2.0 s'],
          ['images', '1000000', ''],
        ],
      ),
    ).toBe(
      [
        '             made      p50 / p95', //
        'releases       12  1.4 s / 2.0 s',
        'images    1000000',
      ].join('\n'),
    )
  })

  it('without rows has its head', () => {
    expect(formatTable(['a', 'b'], [])).toBe('a  b')
  })
})

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.5, '1.0 s'],
    [1000, '1.0 s'],
    [1449, '1.4 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min'],
    [60_000, '1 min'],
    [119_499, '1 min 59 s'],
    [119_500, '2 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '60 min'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})

describe('wrapping', () => {
  it('leaves a short text on one line', () => {
    expect(wrapText('a few words', '  ', '    ')).toEqual(['  a few words'])
  })

  it('fills lines up to 80 columns', () => {
    const word = 'x'.repeat(19)
    expect(wrapText(Array(5).fill(word).join(' '), '', '')).toEqual([Array(4).fill(word).join(' '), word])
    expect(wrapText(`${'x'.repeat(40)} ${'y'.repeat(39)}`, '', '')).toHaveLength(1)
    expect(wrapText(`${'x'.repeat(40)} ${'y'.repeat(40)}`, '', '')).toHaveLength(2)
  })

  it('indents the lines that follow, and counts that', () => {
    const lines = wrapText('word '.repeat(100).trim(), '  ', '      ')
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {6}word/)
    for (const line of lines.slice(1, -1)) {
      expect(line.length).toBeLessThanOrEqual(80)
      // One more word would not have fitted.
      expect(line.length).toBeGreaterThan(75)
    }
    expect(lines.map((line) => line.trim()).join(' ')).toBe('word '.repeat(100).trim())
  })

  it('does not count colours', () => {
    const red = (text: string): string => `\x1b[31m${text}\x1b[39m`
    const lines = wrapText(Array(40).fill(red('word')).join(' '), '', '')
    expect(lines.map(stripVTControlCharacters)).toEqual(wrapText(Array(40).fill('word').join(' '), '', ''))
  })

  it('keeps a word that is too long whole, on a line of its own', () => {
    const long = 'x'.repeat(200)
    expect(wrapText(`before ${long} after`, '  ', '  ')).toEqual(['  before', `  ${long}`, '  after'])
  })
})

it('counts', () => {
  expect([countOf(1, 'release'), countOf(2, 'release'), countOf(0, 'retry', 'retries')]).toEqual([
    '1 release',
    '2 releases',
    '0 retries',
  ])
})
