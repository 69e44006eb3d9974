import { expect } from 'vitest'
import { clearFaults, setFaults } from '../support/faults.js'
import { callApi, describeModel, readReleases } from './read-instance.js'
import { ROOT, type LineResult, type ReadmeStage } from './readme-stage.js'

export interface Step {
  /** Where it is run. */
  readonly folder?: string
  /** What has to be there. */
  readonly before?: (stage: ReadmeStage, line: string) => Promise<unknown>
  /** Default: 0. */
  readonly exitCode?: number
  /** What there is afterwards. */
  readonly after?: (stage: ReadmeStage, stdout: string) => Promise<void> | void
}

/** What is to be known of a line beside that it ends with 0 and says something; the others run as they stand there. */
export const STEPS: Readonly<Record<string, Step>> = {
  'npm install --global .': {
    folder: ROOT,
    after: async (stage) => expect((await stage.run('bailo-exp --version')).stdout).toMatch(/^bailo-exp\/\d/),
  },
  'bailo-exp sandbox --demo --write-env .local.env': {
    after: (stage) => stage.findHome(),
  },
  'bailo-exp clone-releases --from my-model-ab12cd --to my-copy-ef34gh': {
    after: (stage) => expectCopy(stage, stage.home.copyId),
  },
  'bailo-exp clone-releases --resume last': {
    before: async (stage) => {
      await setFaults(stage.home.instance, ['release-create after=3 status=503'])
      const stopped = await stage.run(`bailo-exp clone-releases --from ${stage.home.sourceId} --max-retries 0`)
      await clearFaults(stage.home.instance)
      expectExitCode(stopped, 4)
      expect(stopped.stdout + stopped.stderr).toContain('--resume')
      expect(await readReleases(stage.home.instance, await stage.readDestination())).toHaveLength(3)
    },
    after: async (stage) => expectCopy(stage, await stage.readDestination()),
  },
  'bailo-exp runs list': { after: (_stage, stdout) => expect(stdout).toMatch(/clone-releases .* done/) },
  'bailo-exp cleanup last --dry-run': {
    after: async (stage, stdout) => {
      expect(stdout).toContain(`model ${await stage.readDestination()}`)
      await expectCopy(stage, await stage.readDestination())
    },
  },
  'bailo-exp mirror-export --model my-model-ab12cd --agree-to-disclaimer': {
    folder: 'mirroring',
    // What is exported is what clone-releases makes: of other contents --verify-content cannot tell what they should be.
    before: async (stage) => {
      await stage.writeSettings('mirroring/live.env', stage.home.instance)
      const ends = `--from-env-file live.env --to ${stage.mirroredId} --to-env-file source.env`
      const line = `bailo-exp clone-releases --from ${stage.home.sourceId} ${ends}`
      expectExitCode(await stage.run(line, 'mirroring'), 0)
    },
  },
  'bailo-exp mirror-check --from my-model-ab12cd --from-env-file source.env --to-env-file copy.env --verify-content': {
    folder: 'mirroring',
    after: (_stage, stdout) =>
      expect(stdout).toMatch(/The same in the copy as in the source: [^]* all bytes of 8 files and 9 layers\./),
  },
  'bailo-exp clone-releases --from my-model-ab12cd --report run.html --report run.xml': {
    after: (stage) => expectReports(stage, 'run.html', 'run.xml'),
  },
  'bailo-exp sandbox --demo -- clone-releases --report clone.xml --report clone.html': {
    after: (stage) => expectReports(stage, 'clone.html', 'clone.xml'),
  },
  'bailo-exp sandbox --demo -- clone-releases': {
    after: ({ shown }, stdout) => {
      expect(maskParagraphs(stdout)).toEqual(expect.arrayContaining(maskParagraphs(shown.output)))
    },
  },
  // A Bailo's own specification has an error, and so has the sandbox's, which is the only one that is found here.
  'bailo-exp openapi lint': {
    exitCode: 1,
    after: (_stage, stdout) => {
      expect(stdout).toMatch(/^1 error, /m)
      expect(stdout).toContain('/api/v2/review/role/{shortName} matches the same URLs as')
      expect(stdout).toMatch(/^The specification has (\d+) of \1 calls of contract/m)
    },
  },
  'bailo-exp openapi lint --client path/to/client.py': {
    exitCode: 1,
    after: (_stage, stdout) => {
      expect(stdout).toMatch(/^1 error, /m)
      expect(stdout).toContain('/api/v2/review/role/{shortName} matches the same URLs as')
      expect(stdout).toMatch(/^The specification has 1 of 1 call of path\/to\/client\.py$/m)
    },
  },
  // The client sends a parameter that swagger.json does not have.
  'bailo-exp openapi lint --client client.py --spec swagger.json --fail-on warning': {
    exitCode: 1,
    after: (_stage, stdout) => {
      expect(stdout).toMatch(/^0 errors, 1 warning, /m)
      expect(stdout).toContain('has no query parameter "colour"')
    },
  },
  'bailo-exp many-models-with-tags --count 100000 --shard 1/4 --run-key nightly-17 --report shard-1.json': {
    before: async (stage, line) => {
      for (const shard of [2, 3, 4]) {
        const other = line.replace('1/4', `${shard}/4`).replace('shard-1', `shard-${shard}`)
        expectExitCode(await stage.run(other), 0)
      }
    },
    after: async (stage) => {
      const search = '/api/v2/models/search?search=Many-Models'
      expect((await callApi<{ models: unknown[] }>(stage.home.instance, 'GET', search)).models).toHaveLength(8)
    },
  },
  'bailo-exp report merge shard-*.json --report all.html': { after: (stage) => expectReports(stage, 'all.html') },
}

export function expectExitCode({ line, exitCode, stdout, stderr }: LineResult, expected: number): void {
  expect(exitCode, `${line}\n${stdout}${stderr}`).toBe(expected)
}

async function expectCopy({ home }: ReadmeStage, modelId: string): Promise<void> {
  const source = await describeModel(home.instance, home.sourceId)
  expect(source.releases).toHaveLength(9)
  expect(await describeModel(home.instance, modelId)).toEqual(source)
}

async function expectReports(stage: ReadmeStage, page: string, junit?: string): Promise<void> {
  expect(await stage.read(`work/${page}`)).toMatch(/^<!doctype html>/i)
  if (junit !== undefined) expect(await stage.read(`work/${junit}`)).toMatch(/^<\?xml /)
}

/** The paragraphs of an output, without what is different each time, and where lines are broken. */
function maskParagraphs(output: string): string[] {
  return output
    .trim()
    .split('\n\n')
    .map((paragraph) =>
      paragraph
        // A rate is there only where sending took long enough.
        .replace(/ \([\d.]+ [KMG]iB\/s\)/g, '')
        .replace(/[\d.]+ (ms|s|[KMG]iB\/s)\b/g, '#')
        .replace(/http:\S+|(?<=(forecast|releases)-)[-\w]+/g, '#')
        .replace(/\s+/g, ' '),
    )
}
