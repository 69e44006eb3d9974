import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { format, resolveConfig } from 'prettier'
import { expect, test } from 'vitest'
import { contractPath, projectRoot } from './contract-document.js'

const typesPath = join(projectRoot, 'openapi', 'bailo-v2.ts')

test('the committed types are what the contract generates', async () => {
  const nodes = await openapiTS(pathToFileURL(contractPath), { silent: true })
  const generated = await format(`${COMMENT_HEADER}${astToString(nodes)}`, {
    ...(await resolveConfig(typesPath)),
    filepath: typesPath,
  })
  expect(readFileSync(typesPath, 'utf8'), 'stale: run `npm run generate`').toBe(generated)
})
