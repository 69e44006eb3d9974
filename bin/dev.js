#!/usr/bin/env node
// Runs the commands as their sources are now: builds first where something has changed.
const directory = process.cwd()
await import('../scripts/prepare.js')
process.chdir(directory)
await import('./run.js')
