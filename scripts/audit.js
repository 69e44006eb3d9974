// Fails when a package that users install has a known vulnerability. Some registries do not answer that question; then it
// says so, and nothing has been checked.
import { spawnSync } from 'node:child_process'

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 60_000 })
let report
try {
  report = JSON.parse(stdout)
} catch {
  report = undefined
}
const counts = report?.metadata?.vulnerabilities
if (counts === undefined) {
  console.log('The npm registry does not answer questions about vulnerabilities here: not checked.')
} else {
  console.log(`Known vulnerabilities of production dependencies: ${counts.total}`)
  for (const [name, { severity }] of Object.entries(report.vulnerabilities ?? {})) console.log(`  ${name}: ${severity}`)
  process.exitCode = counts.total === 0 ? 0 : 1
}
