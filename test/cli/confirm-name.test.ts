import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { confirmName } from '../../src/lib/cli/confirm-name.js'

async function answer(input: Readable): Promise<{ isConfirmed: boolean; shown: string }> {
  const output = new PassThrough()
  const isConfirmed = await confirmName(
    'Which? ',
    'my-model',
    { message: 'Nothing was deleted', tryNext: ['again'] },
    { input, output },
  )
  output.end()
  return { isConfirmed, shown: await text(output) }
}

test.each([
  ['my-model\n', true],
  [' my-model \r\nmore\n', true],
  ['my-model', true],
  ['yes\n', false],
  ['y\nmy-model\n', false],
  ['MY-MODEL\n', false],
  ['\n', false],
  ['', false],
])('takes %j for %s', async (typed, expected) => {
  expect(await answer(Readable.from([typed]))).toEqual({ isConfirmed: expected, shown: 'Which? ' })
})

test.each(['SIGINT', 'SIGTERM'] as const)('is ended by %s, which others do not hear of meanwhile', async (signal) => {
  let heard = 0
  const listener = () => void heard++
  process.on(signal, listener)
  const before = process.listeners(signal)
  const asked = answer(new PassThrough())
  // What a signal does: the process itself must not end by it here.
  process.emit(signal, signal)
  await expect(asked).rejects.toMatchObject({
    message: `Nothing was deleted: ${signal} came instead of an answer.`,
    exitCode: 130,
    tryNext: ['again'],
  })
  expect(heard).toBe(0)
  expect(process.listeners(signal)).toEqual(before)
  process.off(signal, listener)
})
