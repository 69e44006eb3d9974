import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { parse } from 'yaml'
import type { Environment } from '../commands/failures.js'
import type { LineResult } from '../commands/readme-stage.js'
import { expectExitCode } from '../commands/readme-steps.js'
import { findSecret } from '../commands/secrets.js'

const BINARY = path.resolve(import.meta.dirname, '../../bin/run.js')

/** The only line that is not run: what it would install is this checkout. */
export const INSTALL = 'npm install --global bailo-exp'

/** The file of a job's summary, in the directory that it works in. */
export const SUMMARY = 'step-summary.md'

/** Below the time limit of a test, so that a line that hangs fails its test and does not outlive it. */
const TIME_LIMIT_MS = 50_000

/** A workflow of GitHub Actions, as far as anything here depends on it. */
export interface Workflow {
  readonly env: Environment
  readonly jobs: Readonly<Record<string, WorkflowJob>>
}

interface WorkflowJob {
  readonly needs?: string
  readonly if?: string
  readonly strategy?: { readonly matrix: { readonly shard: readonly number[] } }
  readonly steps: readonly Step[]
}

/** What a step gives to an action. */
type Options = Readonly<Record<string, string | boolean>>

interface Step {
  readonly if?: string
  readonly run?: string
  readonly uses?: string
  readonly with?: Options
}

/** A pipeline of GitLab CI, likewise. */
export interface Pipeline {
  readonly stages: readonly string[]
  readonly default: { readonly before_script: readonly string[] }
  readonly jobs: Readonly<Record<string, PipelineJob>>
}

interface PipelineJob {
  readonly stage?: string
  readonly parallel?: number
  readonly script: string
  readonly artifacts?: { readonly paths?: readonly string[]; readonly reports?: { readonly junit: string } }
}

/** A job that has ended, or one of several that are alike. */
export interface FinishedJob {
  readonly machine: Machine
  readonly lines: readonly LineResult[]
}

/** What a job has for itself: a home, a directory to work in, and an environment that holds nothing of the outside. */
export class Machine {
  private constructor(
    readonly directory: string,
    readonly shell: 'bash' | 'sh',
    readonly environment: Environment,
  ) {}

  static async start(parent: string, shell: Machine['shell'], environment: Environment): Promise<Machine> {
    const machine = new Machine(await mkdtemp(path.join(parent, 'machine-')), shell, environment)
    for (const folder of ['bin', 'home', 'work']) await mkdir(path.join(machine.directory, folder))
    return machine
  }

  get work(): string {
    return path.join(this.directory, 'work')
  }

  read(name: string): Promise<string> {
    return readFile(path.join(this.work, name), 'utf8')
  }

  async write(files: Environment): Promise<void> {
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(this.work, name), content)
  }

  /**
   * Has the shell run a line as runners do: its first command that fails ends it. So does a variable that is not set, which
   * would be a misspelled one here.
   */
  async run(line: string): Promise<LineResult> {
    if (line === INSTALL) return this.#install()
    const bin = [path.join(this.directory, 'bin'), path.dirname(process.execPath), process.env['PATH'] ?? '']
    const child = spawn(this.shell, ['-eu', '-c', line], {
      cwd: this.work,
      env: {
        PATH: bin.join(path.delimiter),
        HOME: path.join(this.directory, 'home'),
        // Node.js keeps what it compiles there, which a machine of CI may well have, too.
        TMPDIR: tmpdir(),
        CI: 'true',
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    const ended = once(child, 'close') as Promise<[number | null]>
    const [[exitCode], stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    await findSecret(this.environment, { stdout, stderr }, [this.directory])
    return { line, exitCode, stdout, stderr }
  }

  /** Runs a line that has to end with 0. */
  async succeed(line: string): Promise<LineResult> {
    const result = await this.run(line)
    expectExitCode(result, 0)
    return result
  }

  /** Puts the command on the path. Without this there is none. */
  async #install(): Promise<LineResult> {
    const file = path.join(this.directory, 'bin/bailo-exp')
    await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" -- "${BINARY}" "$@"\n`)
    await chmod(file, 0o755)
    return { line: INSTALL, exitCode: 0, stdout: '', stderr: '' }
  }
}

/** Runs the jobs of a workflow, and keeps their artifacts. */
export class GitHub {
  readonly #finished = new Set<string>()

  constructor(
    /** Where machines and artifacts are. */
    readonly directory: string,
    readonly workflow: Workflow,
    /** What there is to check out. */
    readonly repository: Environment,
    /** What expressions stand for, such as `github.run_id`. */
    readonly values: Environment,
  ) {}

  /**
   * Runs a job, all that its matrix makes of it at the same time.
   *
   * @param onlyShards of them only these, as when somebody has them run again
   */
  async run(name: string, onlyShards?: readonly number[]): Promise<FinishedJob[]> {
    const job = this.workflow.jobs[name]
    if (job === undefined) throw new Error(`there is no job ${name}`)
    if (job.needs !== undefined) expect(this.#finished).toContain(job.needs)
    const shards = onlyShards ?? job.strategy?.matrix.shard ?? [undefined]
    const finished = await Promise.all(shards.map((shard) => this.#runOne(job, shard)))
    this.#finished.add(name)
    return finished
  }

  artifact(name: string): string {
    return path.join(this.directory, 'artifacts', name)
  }

  async #runOne(job: WorkflowJob, shard: number | undefined): Promise<FinishedJob> {
    const values = { ...this.values, ...(shard !== undefined && { 'matrix.shard': String(shard) }) }
    const github = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: SUMMARY }
    const environment = { ...fillIn(this.workflow.env, values), ...github }
    const machine = await Machine.start(this.directory, 'bash', environment)
    const lines: LineResult[] = []
    expectKnownCondition(job)
    for (const step of fillIn(job.steps, values)) {
      expectKnownCondition(step)
      if (step.run === undefined) await this.#use(step, machine)
      else lines.push(await machine.succeed(step.run))
    }
    return { machine, lines }
  }

  async #use({ uses = '', with: options = {} }: Step, machine: Machine): Promise<void> {
    switch (uses.replace(/@v\d+$/, '')) {
      case 'actions/checkout':
        return machine.write(this.repository)
      case 'actions/upload-artifact':
        return this.#upload(options, machine)
      case 'actions/download-artifact':
        return this.#download(options, machine)
      default:
        throw new Error(`nothing here does what is done by ${uses}`)
    }
  }

  /** An artifact is refused when there is one of its name, also from the job's own first attempt, unless it may be replaced. */
  async #upload({ name, path: pattern, overwrite = false }: Options, machine: Machine) {
    const target = this.artifact(String(name))
    if (overwrite === true) await rm(target, { recursive: true, force: true })
    await mkdir(path.dirname(target), { recursive: true })
    await mkdir(target)
    await copyMatching(machine.work, String(pattern), target)
  }

  async #download(options: Options, machine: Machine): Promise<void> {
    const { pattern, ...others } = options
    expect(others).toEqual({ 'merge-multiple': true })
    const names = await findMatching(this.artifact(''), String(pattern))
    for (const name of names) await copyMatching(this.artifact(name), '*', machine.work)
  }
}

export function parsePipeline(source: string): Pipeline {
  const { stages, default: defaults, ...jobs } = parse(source) as Omit<Pipeline, 'jobs'>
  return { stages, default: defaults, jobs }
}

/** Runs a pipeline; each job finds what the jobs of earlier stages have left as artifacts. */
export class GitLab {
  constructor(
    readonly directory: string,
    readonly pipeline: Pipeline,
    readonly repository: Environment,
    /** The variables of the project, and those of the pipeline. */
    readonly environment: Environment,
  ) {}

  get artifacts(): string {
    return path.join(this.directory, 'artifacts')
  }

  /** Runs all jobs, stage by stage, and returns what became of each by its name. */
  async run(): Promise<Map<string, FinishedJob[]>> {
    await mkdir(this.artifacts)
    const finished = new Map<string, FinishedJob[]>()
    for (const stage of this.pipeline.stages) {
      const jobs = Object.entries(this.pipeline.jobs).filter(([, { stage: own = 'test' }]) => own === stage)
      for (const [name, job] of jobs) finished.set(name, await this.#runAll(job))
      for (const [name, job] of jobs) {
        for (const { machine } of finished.get(name) ?? []) await this.#keepArtifacts(job, machine)
      }
    }
    return finished
  }

  #runAll(job: PipelineJob): Promise<FinishedJob[]> {
    return Promise.all(Array.from({ length: job.parallel ?? 1 }, (_, index) => this.#runOne(job, index)))
  }

  async #runOne({ script, parallel }: PipelineJob, index: number): Promise<FinishedJob> {
    const node = parallel === undefined ? {} : { CI_NODE_INDEX: String(index + 1) }
    const environment = { ...this.environment, ...node, CI_NODE_TOTAL: String(parallel ?? 1) }
    const machine = await Machine.start(this.directory, 'sh', environment)
    await machine.write(this.repository)
    await cp(this.artifacts, machine.work, { recursive: true })
    const lines: LineResult[] = []
    for (const line of [...this.pipeline.default.before_script, script]) lines.push(await machine.succeed(line))
    return { machine, lines }
  }

  async #keepArtifacts({ artifacts }: PipelineJob, machine: Machine): Promise<void> {
    for (const pattern of artifacts?.paths ?? []) await copyMatching(machine.work, pattern, this.artifacts)
  }
}

/** All runs here go well, so that a step that is run in any case is like one that is run then. */
function expectKnownCondition(part: { readonly if?: string }): void {
  expect([undefined, 'always()']).toContain(part.if)
}

/** Fills in expressions, wherever they are. */
function fillIn<T>(part: T, values: Environment): T {
  const filled = JSON.stringify(part).replace(/\$\{\{ *(.*?) *\}\}/g, (expression, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`nothing is known of ${expression}`)
    return value
  })
  return JSON.parse(filled) as T
}

/** The names in a directory that a pattern with asterisks is for; there has to be one. */
async function findMatching(directory: string, pattern: string): Promise<string[]> {
  const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
  const names = (await readdir(directory)).filter((name) => expression.test(name))
  expect(names, `${pattern} in ${directory}`).not.toEqual([])
  return names
}

async function copyMatching(from: string, pattern: string, to: string): Promise<void> {
  for (const name of await findMatching(from, pattern)) await cp(path.join(from, name), path.join(to, name))
}
