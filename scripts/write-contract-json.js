// Writes the contract as JSON into the build: see readContract in src/lib/sandbox/contract.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')
const contract = parse(readFileSync(join(root, 'openapi', 'bailo-v2.yaml'), 'utf8'))
writeFileSync(join(root, 'dist', 'openapi', 'bailo-v2.json'), JSON.stringify(contract))
