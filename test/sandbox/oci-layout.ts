import { createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

/** Written as text, independent of the code under test. */
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** A directory that holds images in the layout of the OCI image specification (image-layout.md). */
export class OciLayout {
  private constructor(readonly directory: string) {}

  static async create(directory: string): Promise<OciLayout> {
    await mkdir(path.join(directory, 'blobs', 'sha256'), { recursive: true })
    await writeFile(path.join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    return new OciLayout(directory)
  }

  /** Adds an image with one layer for each size, and returns the descriptor of its manifest. */
  async addImage(architecture: string, layerSizesBytes: readonly number[]): Promise<Descriptor> {
    const archives = layerSizesBytes.map((sizeBytes, index) => createTar(`file-${index}.bin`, randomBytes(sizeBytes)))
    const config = {
      architecture,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: archives.map(digestOf) },
      history: archives.map(() => ({ created_by: 'a test' })),
    }
    const layers = archives.map((archive) => this.addBlob(LAYER, gzipSync(archive)))
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: await this.addBlob(CONFIG, JSON.stringify(config)),
      layers: await Promise.all(layers),
    }
    return this.addBlob(MANIFEST, JSON.stringify(manifest))
  }

  /** Adds an index of one image per architecture, and returns its descriptor. */
  async addIndex(architectures: readonly string[], layerSizesBytes: readonly number[]): Promise<Descriptor> {
    const manifests = architectures.map(async (architecture) => ({
      ...(await this.addImage(architecture, layerSizesBytes)),
      platform: { architecture, os: 'linux' },
    }))
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: await Promise.all(manifests) }
    return this.addBlob(INDEX, JSON.stringify(index))
  }

  /** Makes the image or index the one that the directory holds under the name. */
  async tag(name: string, descriptor: Descriptor): Promise<void> {
    const annotations = { 'org.opencontainers.image.ref.name': name }
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: [{ ...descriptor, annotations }] }
    await writeFile(path.join(this.directory, 'index.json'), JSON.stringify(index))
  }

  private async addBlob(mediaType: string, content: string | Buffer): Promise<Descriptor> {
    const bytes = Buffer.from(content)
    const digest = digestOf(bytes)
    await writeFile(path.join(this.directory, 'blobs', ...digest.split(':')), bytes)
    return { mediaType, digest, size: bytes.length }
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Returns an archive of one file (POSIX.1-2001, "ustar interchange format"). */
function createTar(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('0000644\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write(`${'0'.repeat(11)}\0${' '.repeat(8)}0`, 136)
  header.write('ustar\x0000', 257)
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)])
}
