import { describe, expect, it } from 'vitest'
import { findTimerDuration, parseDuration, writeDuration } from '../../src/lib/content/duration.js'
import { UsageError } from '../../src/lib/errors.js'

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['1s', 1000],
    ['1.5s', 1500],
    ['1.5 S', 1500],
    ['30m', 1_800_000],
    ['30min', 1_800_000],
    ['1h30m', 5_400_000],
    [' 1h 30min ', 5_400_000],
    ['7d', 604_800_000],
    ['0.0004s', 0],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', ' ', '30', '1.5', 's', '-1s', '+1s', '1s-', '1 week', '1y', '1e3s', '1..5s', '.5s', '0x10s', '1s, 2s'])(
    'refuses %j with what to write instead',
    (text) => {
      expect(() => parseDuration(text)).toThrow(UsageError)
      expect(() => parseDuration(text)).toThrow(JSON.stringify(text))
    },
  )

  it('refuses what no number holds exactly', () => {
    expect(() => parseDuration(`${'9'.repeat(12)}d`)).toThrow('too long')
    expect(parseDuration('9007199254740991ms')).toBe(Number.MAX_SAFE_INTEGER)
  })
})

describe('findTimerDuration', () => {
  it('reads what a timer can wait for, and nothing else', () => {
    expect(findTimerDuration('1h 30m')).toBe(5_400_000)
    expect(findTimerDuration('2147483647ms')).toBe(2 ** 31 - 1)
    for (const text of ['2147483648ms', '25d', '15', 'soon', '']) expect(findTimerDuration(text)).toBeUndefined()
  })
})

describe('writeDuration', () => {
  it.each([
    [0, '0ms'],
    [1, '1ms'],
    [1500, '1500ms'],
    [1000, '1s'],
    [90_000, '90s'],
    [1_800_000, '30m'],
    [7_200_000, '2h'],
    [604_800_000, '7d'],
  ])('writes %d ms as %s, which reads the same', (ms, text) => {
    expect(writeDuration(ms)).toBe(text)
    expect(parseDuration(text)).toBe(ms)
  })
})
