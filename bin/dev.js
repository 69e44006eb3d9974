#!/usr/bin/env -S node --import tsx
// Runs the commands from their TypeScript sources, without a build.
import { settings } from '@oclif/core'

process.env.NODE_ENV = 'development'
settings.debug = true

const { main } = await import('../src/lib/cli/main.ts')
await main(import.meta.url)
