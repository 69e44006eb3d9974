import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LineWriter } from '../../src/lib/files/line-writer.js'
import { LineTooLongError, readLines, type Line } from '../../src/lib/files/read-lines.js'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-lines-'))
  file = join(directory, 'lines')
})

afterEach(() => rm(directory, { recursive: true }))

async function readAll(maxBytes = 1000): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of readLines(file, maxBytes)) lines.push(line)
  return lines
}

describe('reading lines', () => {
  it('gives each with its number and where it ends, and leaves out what no line break ends', async () => {
    await writeFile(file, 'one\n\nzwölf\nhalf')
    expect(await readAll()).toEqual([
      { text: 'one', number: 1, endOffset: 4 },
      { text: '', number: 2, endOffset: 5 },
      { text: 'zwölf', number: 3, endOffset: 12 },
    ])
  })

  it('joins what comes in pieces', async () => {
    const texts = Array.from({ length: 3000 }, (_, index) => `${index} ${'x'.repeat(index % 97)}`)
    await writeFile(file, texts.map((text) => `${text}\n`).join(''))
    expect((await readAll()).map(({ text }) => text)).toEqual(texts)
  })

  it.each(['\n', ''])('refuses one that is too long, wherever it ends (%j)', async (end) => {
    await writeFile(file, `short\n${'x'.repeat(300_000)}${end}`)
    await expect(readAll(100_000)).rejects.toThrow(LineTooLongError)
    await expect(readAll(100_000)).rejects.toMatchObject({ lineNumber: 2 })
  })
})

describe('writing lines', () => {
  it('puts those that come together into few writes, in order, and has them on disk when it says so', async () => {
    const handle = await open(file, 'ax')
    let writes = 0
    const appendFile = handle.appendFile.bind(handle)
    handle.appendFile = async (...args) => {
      writes++
      return appendFile(...args)
    }
    const writer = new LineWriter(handle)
    await writer.append('first')
    expect(await readFile(file, 'utf8')).toBe('first\n')
    await Promise.all(Array.from({ length: 100 }, (_, index) => writer.append(String(index))))
    expect((await readAll()).map(({ text }) => text)).toEqual([
      'first',
      ...Array.from({ length: 100 }, (_, n) => String(n)),
    ])
    expect(writes).toBeLessThanOrEqual(3)
    await writer.close()
  })

  it('writes nothing more after a write that failed, and tells everybody', async () => {
    const handle = await open(file, 'ax')
    const writer = new LineWriter(handle)
    await writer.append('first')
    const full = new Error('no space left')
    handle.appendFile = () => Promise.reject(full)
    const failures = await Promise.allSettled([writer.append('second'), writer.append('third')])
    Reflect.deleteProperty(handle, 'appendFile')
    await expect(writer.append('fourth')).rejects.toBe(full)
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await readFile(file, 'utf8')).toBe('first\n')
    await writer.close()
  })
})
