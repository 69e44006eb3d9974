import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Fill } from '../../../src/lib/content/lazy-stream.js'
import { createLayer, type Layer, type LayerOptions } from '../../../src/lib/registry/image/layer.js'
import { readAll } from '../../content/read-all.js'

const MIB = 2 ** 20
const GIB = 2 ** 30
const TAR = 'application/vnd.oci.image.layer.v1.tar'
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'
const OPAQUE = 'application/octet-stream'
const FILLS: readonly Fill[] = ['noise', 'zeros']
const LIST_ARCHIVES = fileURLToPath(new URL('fixtures/list-archives.py', import.meta.url))

const NO_TAR = 'there is no tar here'
const NO_PYTHON = 'there is no python3 here'
const hasTar = spawnSync('tar', ['--version']).status === 0
const hasPython = spawnSync('python3', ['-c', 'import tarfile']).status === 0

function create(sizeBytes: number, options: Partial<LayerOptions> = {}): Layer {
  return createLayer({ sizeBytes, seed: 'seed', name: 'name', ...options })
}

function read(sizeBytes: number, options: Partial<LayerOptions> = {}): Promise<Buffer> {
  return readAll(create(sizeBytes, options).source.open())
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** Returns what `tar tv` prints of an archive, one line per file. */
function listWithTar(archive: string | Buffer): string[] {
  const run =
    typeof archive === 'string'
      ? spawnSync('tar', ['tvf', archive])
      : spawnSync('tar', ['tvf', '-'], { input: archive })
  expect(run.stderr.toString()).toBe('')
  expect(run.status).toBe(0)
  return run.stdout.toString().split('\n').filter(Boolean)
}

function listWithPython(directory: string): Record<string, [string, number][]> {
  const run = spawnSync('python3', [LIST_ARCHIVES, directory])
  expect(run.stderr.toString()).toBe('')
  return JSON.parse(run.stdout.toString()) as Record<string, [string, number][]>
}

function fileSizeOf(layerBytes: number): number {
  return Math.floor((layerBytes - 1536) / 512) * 512
}

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bailo-exp-layer-'))
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

describe('createLayer', () => {
  it.each(FILLS)(
    'has every size from 0 to 3000 bytes exactly, the same each time, from any offset: %s',
    async (fill) => {
      for (const sizeBytes of range(0, 3000)) {
        const { source } = create(sizeBytes, { fill })
        const bytes = await readAll(source.open())
        const start = (sizeBytes * 7919) % (sizeBytes + 1)
        const tail = await readAll(create(sizeBytes, { fill }).source.open({ start }))
        if (source.sizeBytes !== sizeBytes || bytes.length !== sizeBytes || !tail.equals(bytes.subarray(start))) {
          expect.fail(`a layer of ${sizeBytes} bytes has ${bytes.length}, or differs from ${start} on`)
        }
      }
    },
  )

  it('has sizes around chunk boundaries exactly, and the tail of the whole from any offset', async () => {
    for (const sizeBytes of [MIB - 1, MIB, MIB + 1, 3 * MIB + 511, 3 * MIB + 512, 3 * MIB + 1537]) {
      const whole = await read(sizeBytes)
      expect(whole.length).toBe(sizeBytes)
      for (const start of [0, 1, 511, 512, 513, MIB, sizeBytes - 1025, sizeBytes - 1, sizeBytes]) {
        if (start > sizeBytes) continue
        const tail = await readAll(create(sizeBytes).source.open({ start }))
        expect(tail.equals(whole.subarray(start)), `${sizeBytes} from ${start}`).toBe(true)
      }
    }
  })

  it.each([
    [0, OPAQUE],
    [19, OPAQUE],
    [20, GZIP],
    [1535, GZIP],
    [1536, TAR],
    [10 ** 12, TAR],
  ])('of %d bytes has the media type %s', (sizeBytes, mediaType) => {
    expect(create(sizeBytes)).toMatchObject({ mediaType, source: { sizeBytes } })
  })

  it.each([16, 20, 21, 28, 29, 30, 31, 200, 529, 530, 531, 1535, 1536, 1600, 2048, 3 * MIB])(
    'of %d bytes differs by seed and name, whatever it is filled with',
    async (sizeBytes) => {
      const digests = []
      for (const fill of FILLS) {
        const layers = [{}, { seed: 'other' }, { name: 'other' }, { seed: 'name', name: 'seed' }]
        const contents = await Promise.all(layers.map((options) => read(sizeBytes, { fill, ...options })))
        digests.push(contents.map(sha256))
      }
      expect(digests.map((ofFill) => new Set(ofFill).size)).toEqual([4, 4])
    },
  )

  it.each([
    [10, 'ac2618dd2af7f2d337b50e698b8b343ef83d2dac2514eee4d0c2ef806748f542'],
    [25, '67e833ca1aa43b706544c4c9c4648cc2287d1bb46214f0c7e8a40a20af3fc0bc'],
    [400, 'ac2e13e8e2b2de63671733e918b34a4d57578a747935b6126865ba66b2865407'],
    [1000, 'bd73a24710b2df145a29e63ccdeff5c02463e912594e55f16413f896ee5e0a07'],
    [3 * MIB + 3, 'f072ce8eee3eee32d94dd0726636513a6cd85d0a1afff3c29764cdec623d237e'],
  ])('of %d bytes is the same in every release of this tool', async (sizeBytes, digest) => {
    expect(sha256(await read(sizeBytes))).toBe(digest)
  })

  it.each([-1, 0.5, NaN, 2 ** 53])('refuses a size of %d', (sizeBytes) => {
    expect(() => create(sizeBytes)).toThrow(RangeError)
  })
})

describe('a layer from 20 to 1535 bytes', () => {
  it('is a gzip member of a tar without files, with its diffID', async () => {
    for (const sizeBytes of range(20, 1535)) {
      const content = gunzipSync(await read(sizeBytes))
      const expected = Buffer.alloc(sizeBytes < 29 ? 0 : 1024)
      expect(content.equals(expected), `${sizeBytes} bytes`).toBe(true)
      expect(create(sizeBytes).diffId).toBe(`sha256:${sha256(expected)}`)
    }
  })

  it('has header fields that strict readers accept', async () => {
    for (const sizeBytes of range(20, 1535)) {
      const bytes = await read(sizeBytes)
      const flags = bytes.readUInt8(3)
      const dataStart = bytes.length - (sizeBytes < 29 ? 10 : 19)
      if (flags === 0) {
        expect(dataStart).toBe(10)
      } else if (flags === 16) {
        const comment = bytes.toString('latin1', 10, bytes.indexOf(0, 10))
        expect(comment).toMatch(/^[ -~]{0,500}$/)
        expect(10 + comment.length + 1).toBe(dataStart)
      } else {
        expect(flags).toBe(4)
        expect(12 + bytes.readUInt16LE(10)).toBe(dataStart)
        expect(bytes.toString('latin1', 12, 14)).toMatch(/^[A-Z]{2}$/)
        expect(16 + bytes.readUInt16LE(14)).toBe(dataStart)
      }
    }
  })

  it('is read by Python', async ({ skip }) => {
    if (!hasPython) skip(NO_PYTHON)
    const members = mkdtempSync(join(directory, 'gzip-'))
    const sizes = range(29, 1535)
    for (const sizeBytes of sizes) await writeFile(join(members, String(sizeBytes)), await read(sizeBytes))
    expect(listWithPython(members)).toEqual(Object.fromEntries(sizes.map((sizeBytes) => [sizeBytes, []])))
  })

  it.for([29, 30, 530, 531, 1535])('of %d bytes is read by tar', async (sizeBytes, { skip }) => {
    if (!hasTar) skip(NO_TAR)
    expect(listWithTar(gunzipSync(await read(sizeBytes)))).toEqual([])
  })
})

describe.each(FILLS)('a layer from 1536 bytes on, filled with %s', (fill) => {
  it('is a tar whose digest is its diffID', () => {
    expect(create(1536, { fill }).diffId).toBe('same-as-digest')
  })

  it('is read by Python as one file that takes all it can', async ({ skip }) => {
    if (!hasPython) skip(NO_PYTHON)
    const archives = mkdtempSync(join(directory, 'tar-'))
    const sizes = [...range(1536, 3000), 10_239, 10_240, 10_241, MIB, MIB + 7, 3 * MIB + 511]
    for (const sizeBytes of sizes) await writeFile(join(archives, String(sizeBytes)), await read(sizeBytes, { fill }))
    const listing = listWithPython(archives)
    expect(
      Object.fromEntries(Object.entries(listing).map(([name, files]) => [name, files.map(([, size]) => size)])),
    ).toEqual(Object.fromEntries(sizes.map((sizeBytes) => [sizeBytes, [fileSizeOf(sizeBytes)]])))
    const names = Object.values(listing).map(([file]) => file?.[0])
    expect(new Set(names).size).toBe(sizes.length)
  })

  it.for([1536, 1537, 2047, 2048, 2049, 2559, 3000, 10_240, 10_241, MIB + 7])(
    'of %d bytes is read by tar from a file and from a pipe',
    async (sizeBytes, { skip }) => {
      if (!hasTar) skip(NO_TAR)
      const bytes = await read(sizeBytes, { fill })
      const path = join(directory, `${fill}-${sizeBytes}.tar`)
      await writeFile(path, bytes)
      const line = new RegExp(`^-rw-r--r-- .* ${fileSizeOf(sizeBytes)} .* layer-[0-9a-f]{32}\\.bin$`)
      expect(listWithTar(path)).toEqual([expect.stringMatching(line)])
      expect(listWithTar(bytes)).toEqual([expect.stringMatching(line)])
    },
  )

  it('is what it is filled with inside', async () => {
    const file = (await read(1536 + 1024, { fill })).subarray(512, 1536)
    expect(file.equals(Buffer.alloc(1024))).toBe(fill === 'zeros')
  })
})

describe('a layer of many gigabytes', () => {
  /** Writes the layer with a hole in place of the file in it: readers of headers skip that. */
  async function writeSparse(sizeBytes: number): Promise<string> {
    const path = join(mkdtempSync(join(directory, 'sparse-')), 'layer.tar')
    const { source } = create(sizeBytes)
    const file = await open(path, 'w')
    try {
      await file.write(await readAll(source.open({ end: 512 })), 0, 512, 0)
      const end = await readAll(source.open({ start: sizeBytes - 1024 }))
      await file.write(end, 0, end.length, sizeBytes - end.length)
    } finally {
      await file.close()
    }
    return path
  }

  const SIZES = [
    ['the last size that octal digits can say', 1536 + 8 * GIB - 512],
    ['the first that they cannot', 1536 + 8 * GIB],
    ['one that is no multiple of a block', 40 * GIB + 77],
  ] as const

  it.for(SIZES)('is read by tar: %s', async ([, sizeBytes], { skip }) => {
    if (!hasTar) skip(NO_TAR)
    const path = await writeSparse(sizeBytes)
    expect(listWithTar(path)).toEqual([expect.stringContaining(` ${fileSizeOf(sizeBytes)} `)])
  })

  it.for(SIZES)('is read by Python: %s', async ([, sizeBytes], { skip }) => {
    if (!hasPython) skip(NO_PYTHON)
    const path = await writeSparse(sizeBytes)
    expect(listWithPython(dirname(path))['layer.tar']?.map(([, size]) => size)).toEqual([fileSizeOf(sizeBytes)])
  })

  it('has a size field in base 256 from 8 GiB on', async () => {
    const octal = await readAll(create(1536 + 8 * GIB - 512).source.open({ end: 512 }))
    expect(octal.toString('latin1', 124, 136)).toBe('77777777000\0')
    const binary = await readAll(create(1536 + 8 * GIB).source.open({ end: 512 }))
    expect(binary.toString('hex', 124, 136)).toBe('800000000000000200000000')
  })

  it('ends in the two zero blocks that close an archive', async () => {
    const sizeBytes = 10 ** 12
    const end = await readAll(create(sizeBytes).source.open({ start: sizeBytes - 1024 }))
    expect(end.equals(Buffer.alloc(1024))).toBe(true)
  })
})
