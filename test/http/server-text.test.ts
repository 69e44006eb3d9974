import { expect, it } from 'vitest'
import { showServerText } from '../../src/lib/http/server-text.js'

it.each([
  ['ANSI escapes', '\x1b[2J\x1b[31mred', '\\u{1b}[2J\\u{1b}[31mred'],
  ['the one-byte form of an escape', 'a\x9b31m', 'a\\u{9b}31m'],
  ['a carriage return that would overwrite the line', 'fine\rError', 'fine\\u{d}Error'],
  ['a bell, a null and a delete', '\x07\0\x7f', '\\u{7}\\u{0}\\u{7f}'],
  ['bidirectional overrides', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
  ['characters without width', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
  ['line separators', 'a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
  ['tags beyond the first plane', 'a\u{e0041}', 'a\\u{e0041}'],
])('shows %s', (_case, text, shown) => {
  expect(showServerText(text)).toBe(shown)
})

it('shows line breaks and tabs as spaces', () => {
  expect(showServerText('a\nb\tc')).toBe('a b c')
})

it('leaves letters of any language as they are', () => {
  expect(showServerText('Größe 模型 نموذج 🤖')).toBe('Größe 模型 نموذج 🤖')
})

it('cuts what is longer than 500 characters and says how long it was', () => {
  expect(showServerText('x'.repeat(500))).toBe('x'.repeat(500))
  expect(showServerText('x'.repeat(100_000))).toBe(`${'x'.repeat(500)}... (100000 characters)`)
})
