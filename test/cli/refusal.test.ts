import { describe, expect, it } from 'vitest'
import { runFailing } from '../commands/failures.js'

const REFUSED: readonly (readonly [args: readonly string[], message: string])[] = [
  [['cleanup'], "Missing: RUN (the run's id, or last)."],
  [['openapi', 'diff'], 'Missing: OLD (file or URL of the old specification), NEW (file or URL of the new one).'],
  [['clone-releases', '--shard', '1/4'], '--shard needs --run-key as well.'],
  [['clone-releases', '--keep-going', '--fail-fast'], '--keep-going and --fail-fast cannot be used together.'],
  [['scanners', 'x', '--no-wait', '--interval', '1s'], '--interval and --no-wait cannot be used together.'],
  [
    ['many-models-with-tags', '--count', '-5'],
    '--count: Expected an integer greater than or equal to 1 but received: -5',
  ],
  [['--nope'], 'A command comes first, and --nope is none.'],
  [['help', 'openapi', 'lint', 'extra'], 'Unexpected argument: extra'],
]

describe.concurrent('a command line that is refused', () => {
  it.each(REFUSED)('%j says why, in a sentence', async (args, message) => {
    const { stderr, stdout } = await runFailing(args, { exitCode: 2, says: [] })
    expect(stderr.split('\n')[0]).toBe(`Error: ${message}`)
    expect(stdout).toBe('')
  })

  it('suggests no flag that it has just refused', async () => {
    const { stderr } = await runFailing(['completion', 'bash', '--json'], { exitCode: 2, says: ['--json'] })
    expect(stderr).not.toContain('Try: --json')
  })
})
