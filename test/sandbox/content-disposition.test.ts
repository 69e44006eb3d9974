import { describe, expect, test } from 'vitest'
import { describeAttachment } from '../../src/lib/sandbox/content-disposition.js'

describe('Content-Disposition', () => {
  test.each([
    ['hello.txt', 'attachment; filename=hello.txt'],
    ['a b.bin', 'attachment; filename="a b.bin"'],
    ['say "hi"\\.txt', 'attachment; filename="say \\"hi\\"\\\\.txt"'],
    ['ü é.bin', `attachment; filename="? ?.bin"; filename*=UTF-8''%C3%BC%20%C3%A9.bin`],
    ["ü'(1)*.bin", `attachment; filename="?'(1)*.bin"; filename*=UTF-8''%C3%BC%27%281%29%2A.bin`],
    ['100%25.txt', `attachment; filename=100%25.txt; filename*=UTF-8''100%2525.txt`],
    ['../a/b.bin', 'attachment; filename=b.bin'],
    ['a\r\nX-Evil: 1', `attachment; filename="a??X-Evil: 1"; filename*=UTF-8''a%0D%0AX-Evil%3A%201`],
    ['a\ud800', `attachment; filename="a?"; filename*=UTF-8''a%EF%BF%BD`],
  ])('of %j', (name, header) => {
    expect(describeAttachment(name)).toBe(header)
  })
})
