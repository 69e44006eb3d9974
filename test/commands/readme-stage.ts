import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { linkMirror, startMirrorPair, writeCard, type MirrorPair } from '../support/mirror-pair.js'
import { createModel, environmentOf } from './failures.js'
import type { Instance } from './read-instance.js'
import { findSecret } from './secrets.js'

export const ROOT = path.resolve(import.meta.dirname, '../..')

export interface LineResult {
  readonly line: string
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What the README shows beside commands. */
export interface Shown {
  readonly dotenv: string
  /** Of the demo. */
  readonly output: string
}

/** The sandbox that the README starts in another terminal, the demo's model in it, and an empty one to clone that to. */
export interface Home {
  readonly instance: Instance
  readonly sourceId: string
  readonly copyId: string
}

/** What runs until Ctrl-C. */
export interface Server {
  readonly stdout: string
  /** Ends it as Ctrl-C does. */
  interrupt(): Promise<Pick<LineResult, 'exitCode' | 'stderr'>>
}

/** Below the time limit of a test, so that a line that hangs fails its test and does not outlive it. */
const TIME_LIMIT_MS = 50_000

const CLIENT = `class Client:
    def find_models(self, text):
        return self.agent.get(f"{self.url}/v2/models/search", params={"search": text, "colour": "blue"}).json()
`

/** It has no parameter "colour", which is a warning. */
const SPECIFICATION = {
  openapi: '3.0.0',
  info: { title: 'Bailo', version: '2' },
  paths: {
    '/api/v2/models/search': {
      get: { parameters: [{ name: 'search', in: 'query' }], responses: { 200: { description: 'Models' } } },
    },
  },
}

const FILES = {
  'client.py': CLIENT,
  'path/to/client.py': CLIENT,
  'swagger.json': JSON.stringify(SPECIFICATION),
  'models/first/weights.bin': 'first',
  'models/second/weights.bin': 'second',
  'models/second/notes.txt': 'notes',
}

/** Where somebody sits who goes through the README: a home of their own, and a folder to work in. */
export class ReadmeStage {
  readonly #servers: Pick<Server, 'interrupt'>[] = []
  #home: Home | undefined

  private constructor(
    readonly directory: string,
    readonly shown: Shown,
    /** What is mirrored, and to where. */
    readonly pair: MirrorPair,
    /** The model of the pair's source that has a mirror. */
    readonly mirroredId: string,
  ) {}

  static async open(shown: Shown): Promise<ReadmeStage> {
    const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-readme-'))
    for (const folder of ['home', 'tmp', 'global', 'work', 'mirroring']) await mkdir(path.join(directory, folder))
    const pair = await startMirrorPair()
    const stage = new ReadmeStage(directory, shown, pair, await createMirroredModel(pair))
    for (const [name, content] of Object.entries(FILES)) await stage.write(`work/${name}`, content)
    for (const name of ['.local.env', 'source.env']) await stage.writeSettings(`mirroring/${name}`, pair.source.sandbox)
    await stage.writeSettings('mirroring/copy.env', pair.copy.sandbox)
    return stage
  }

  async close(): Promise<void> {
    await Promise.all([this.pair.close(), this.interruptServers()])
    await rm(this.directory, { recursive: true })
  }

  get home(): Home {
    if (this.#home === undefined) throw new Error('the line of the README that starts the sandbox has not been run')
    return this.#home
  }

  /** Takes the sandbox whose dotenv file is there. */
  async findHome(): Promise<void> {
    const read = await this.readSettings('work/.local.env')
    const instance = { url: read('URL'), accessKey: read('ACCESS_KEY'), secretKey: read('SECRET_KEY') }
    const copyId = await createModel(instance)
    this.#home = { instance, sourceId: read('CLONE_RELEASES_SOURCE_MODEL_ID'), copyId }
  }

  interruptServers(): Promise<Pick<LineResult, 'exitCode' | 'stderr'>[]> {
    return Promise.all(this.#servers.map((server) => server.interrupt()))
  }

  read(name: string): Promise<string> {
    return readFile(path.join(this.directory, name), 'utf8')
  }

  async write(name: string, content: string): Promise<void> {
    const file = path.join(this.directory, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content)
  }

  /** Writes the README's dotenv file, with an address and keys that there are. */
  async writeSettings(name: string, { url, accessKey, secretKey }: Instance): Promise<void> {
    const placed = this.shown.dotenv.replace('https://bailo.example.com', url)
    await this.write(name, `${placed.replace('BAC_...', accessKey).replace('BSK_...', secretKey)}\n`)
  }

  /** Reads a dotenv file; what it does not have is empty. */
  async readSettings(name: string): Promise<(key: string) => string> {
    const content = await this.read(name)
    return (key) => new RegExp(`^${key}=(.+)$`, 'm').exec(content)?.[1] ?? ''
  }

  /** The model that clone-releases has made, or was given, the last time. */
  async readDestination(file = 'work/.local.env'): Promise<string> {
    return (await this.readSettings(file))('CLONE_RELEASES_DESTINATION_MODEL_ID')
  }

  /** Has a shell run a line, in a folder of the stage unless it is an absolute path. */
  async run(line: string, folder = 'work'): Promise<LineResult> {
    const child = this.#start(line, folder, TIME_LIMIT_MS)
    const ended = once(child, 'close') as Promise<[number | null]>
    const [[exitCode], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    return { line, exitCode, stdout, stderr }
  }

  /** Has a shell run a line that goes on until Ctrl-C, and waits until it has printed its keys. */
  async serve(line: string, folder = 'work'): Promise<Server> {
    const child = this.#start(line, folder)
    const ended = once(child, 'close') as Promise<[number | null]>
    const stderr = text(child.stderr)
    const interrupt = async () => {
      // The shell has become the command, so that the signal reaches it. To one that has ended it is none.
      child.kill('SIGINT')
      return { exitCode: (await ended)[0], stderr: await stderr }
    }
    this.#servers.push({ interrupt })
    let stdout = ''
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      stdout += String(chunk)
      if (/^SECRET_KEY=.*\n/m.test(stdout)) break
    }
    child.stdout.resume()
    return { stdout, interrupt }
  }

  /** @throws Error when keys are anywhere but in dotenv files, or in one of the outputs */
  async findKeys(instance: Instance, outputs: readonly LineResult[]): Promise<void> {
    for (const { stdout, stderr } of outputs) await findSecret(environmentOf(instance), { stdout, stderr }, [])
    await findSecret(environmentOf(instance), {}, [this.directory])
  }

  #start(line: string, folder: string, timeout?: number) {
    const home = path.join(this.directory, 'home')
    const bin = [path.join(this.directory, 'global/bin'), path.dirname(process.execPath), process.env['PATH'] ?? '']
    // Nothing that npm would fetch is needed.
    const npm = { prefix: path.join(this.directory, 'global'), offline: 'true', audit: 'false', fund: 'false' }
    const npmEnv = Object.fromEntries(Object.entries(npm).map(([key, value]) => [`npm_config_${key}`, value]))
    return spawn('sh', ['-c', `exec ${line}`], {
      cwd: path.resolve(this.directory, folder),
      env: { PATH: bin.join(path.delimiter), HOME: home, TMPDIR: path.join(this.directory, 'tmp'), ...npmEnv },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
  }
}

/** Makes a model without releases that has a mirror. */
async function createMirroredModel(pair: MirrorPair): Promise<string> {
  const { source } = pair
  const modelId = await source.createModelWithCard()
  await linkMirror(pair, modelId)
  await writeCard(pair, modelId)
  return modelId
}
