import { describe, expect, it } from 'vitest'

import { formatSize, parseRate, parseSize } from '../../src/lib/content/size.js'
import { UsageError } from '../../src/lib/errors.js'

function catchError(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    [' 512 ', 512],
    ['1_000', 1000],
    ['1_000_000kB', 1_000_000_000],
    ['512B', 512],
    ['512 b', 512],
    ['1kB', 1000],
    ['1KB', 1000],
    ['1kb', 1000],
    ['3MB', 3_000_000],
    ['3mb', 3_000_000],
    ['1.5GB', 1_500_000_000],
    ['2TB', 2_000_000_000_000],
    ['1PB', 1_000_000_000_000_000],
    ['1KiB', 1024],
    ['1kib', 1024],
    ['20MiB', 20_971_520],
    ['20 MiB', 20_971_520],
    ['20MIB', 20_971_520],
    ['1GiB', 2 ** 30],
    ['1TiB', 2 ** 40],
    ['1PiB', 2 ** 50],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %j as %d bytes', (text, sizeBytes) => {
    expect(parseSize(text)).toBe(sizeBytes)
  })

  it.each([
    ['1.1KiB', 1126],
    ['0.0001kB', 0],
    // In floating point 1.005 * 1000 is 1004.99...
    ['1.005kB', 1005],
    ['0.999999999999999999KiB', 1023],
    ['7.999999999999999PiB', 9_007_199_254_740_990],
  ])('rounds %j down to %d bytes', (text, sizeBytes) => {
    expect(parseSize(text)).toBe(sizeBytes)
  })

  it.each([
    ['', 'is not a size'],
    ['   ', 'is not a size'],
    ['MiB', 'is not a size'],
    ['-1', 'is not a size'],
    ['-5MiB', 'is not a size'],
    ['+5', 'is not a size'],
    ['1e9', 'is not a size'],
    ['0x10', 'is not a size'],
    ['1,000', 'is not a size'],
    ['1__000', 'is not a size'],
    ['_1', 'is not a size'],
    ['.5GB', 'is not a size'],
    ['1.GB', 'is not a size'],
    ['1.2.3GB', 'is not a size'],
    ['1 000', 'is not a size'],
    ['20MiB/s', 'is not a size'],
    ['NaN', 'is not a size'],
    ['Infinity', 'is not a size'],
    ['2k', 'is ambiguous'],
    ['5G', 'is ambiguous'],
    ['5Gi', 'is ambiguous'],
    ['20Mb', 'counts bits: write MB'],
    ['20Mib', 'counts bits: write MiB'],
    ['20Mbit', 'has a unit that is not known'],
    ['20constructor', 'has a unit that is not known'],
    ['20EB', 'has a unit that is not known'],
    ['1.5', 'is not a whole number of bytes'],
    ['1.0B', 'is not a whole number of bytes'],
    ['9007199254740992', 'is more than the largest size'],
    ['8PiB', 'is more than the largest size'],
    ['99999999999999999999999TiB', 'is more than the largest size'],
  ])('refuses %j, which %s', (text, reason) => {
    const error = catchError(() => parseSize(text))
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({
      message: expect.stringContaining(`${JSON.stringify(text)} ${reason}`) as string,
      tryNext: [expect.stringContaining('20MiB')],
    })
  })

  it('quotes only the beginning of a very long text', () => {
    expect(catchError(() => parseSize('x'.repeat(10_000)))).toMatchObject({
      message: `"${'x'.repeat(60)}" is not a size`,
    })
  })
})

describe('parseRate', () => {
  it.each([
    ['50MiB/s', 52_428_800],
    ['50 MiB / s', 52_428_800],
    ['1.5MB/S', 1_500_000],
    ['10kB', 10_000],
    ['1', 1],
  ])('reads %j as %d bytes per second', (text, bytesPerSecond) => {
    expect(parseRate(text)).toBe(bytesPerSecond)
  })

  it.each(['0', '0MiB/s', '0.1', '50Mb/s', '50MiB/h', '/s', ''])('refuses %j', (text) => {
    expect(() => parseRate(text)).toThrow(UsageError)
  })
})

describe('formatSize', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1126, '1.1 KiB'],
    [20_971_520, '20 MiB'],
    [2 ** 20 - 1, '1 MiB'],
    [2 ** 20 - 1024, '1023 KiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
    [2 ** 40, '1 TiB'],
    [2 ** 50, '1 PiB'],
    [Number.MAX_SAFE_INTEGER, '8 PiB'],
    [2 ** 70, '1048576 PiB'],
  ])('shows %d bytes as %j', (sizeBytes, text) => {
    expect(formatSize(sizeBytes)).toBe(text)
  })

  it.each([-1, NaN, Infinity])('refuses %d', (sizeBytes) => {
    expect(() => formatSize(sizeBytes)).toThrow(RangeError)
  })
})
