#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`bailo-exp needs Node.js 20.19 or newer; this is ${process.version}.\n`)
  process.exit(2)
}

/** V8's flags come and go, and one that it does not know is an error on stderr: each is used only where it was tried. */
function setForV8(flag, { until }) {
  if (major <= until) setFlagsFromString(flag)
}

// Keeps V8's space for young objects as small as it begins, which has to be said before it grows. It is collected the sooner
// for it, and with it the chunks of uploads, which lie outside of it and would otherwise wait until it is full: 64 uploads at
// once took a sandbox 212 MB with it growing and 149 MB without (Node.js 24; 186 and 130 MB with 20), in the same time; a clone
// of 10,000 releases took 205 and 151 MB.
setForV8('--semi-space-growth-factor=1', { until: 24 })

// Has V8 optimise functions later: a check is over before that pays, and optimising took a third of its processor time (a
// client of 1,200 lines: 7.3 times that of `node -e 0` without this, 5.2 times with it; Node.js 20). Loops over
// large input still get there.
if (process.argv[2] === 'openapi') {
  setForV8('--interrupt-budget=2000000', { until: 20 })
}

// Has V8 translate WebAssembly once, simply: the HTTP parser of undici is of it, and optimising that beforehand took 30 MB for a
// moment, the most that a process needed (peak of an upload of any size: 134 MB without this, 101 MB with it; Node.js 20).
// It parses headers only.
setForV8('--liftoff-only', { until: 24 })

const { main } = await import('../dist/src/lib/cli/main.js')
await main(import.meta.url)
