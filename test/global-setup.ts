import { execFileSync } from 'node:child_process'

/** Command tests spawn the built binary, so a run of vitest alone must not test a stale build. */
export function setup(): void {
  execFileSync(process.execPath, ['scripts/prepare.js'], { stdio: ['ignore', 'inherit', 'inherit'] })
}
