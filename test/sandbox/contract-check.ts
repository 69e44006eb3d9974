import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { loadContract } from '../../src/lib/sandbox/contract.js'

interface Operation {
  readonly responses: Record<string, unknown>
}

const contract = loadContract()
const { document } = contract
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(document, 'contract')

const templates = Object.keys(document.paths as object).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}))

/**
 * Returns what does not fit the contract in an answer of the sandbox; nothing when everything does. A route that the
 * contract does not have is not judged.
 */
export function checkAnswer(
  method: string,
  url: string,
  answer: { status: number; contentType: string; body: unknown },
): string[] {
  const path = url.split('?', 1)[0] ?? ''
  const literal = templates.find(({ template }) => template === path)
  const template = (literal ?? templates.find(({ pattern }) => pattern.test(path)))?.template
  const operations = (document.paths as Record<string, Record<string, Operation>>)[template ?? '']
  const operation = operations?.[method.toLowerCase()]
  if (operation === undefined) return []
  const response = contract.resolve(operation.responses[answer.status])
  const content = response.content as Record<string, { schema: object }> | undefined
  const schema = (content?.[answer.contentType.split(';', 1)[0] ?? ''] ?? content?.['*/*'])?.schema
  if (schema === undefined) return [`${method} ${template}: no ${answer.status} ${answer.contentType} in the contract`]
  if (!answer.contentType.startsWith('application/json')) return []
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#', '"$ref":"contract#')) as object
  const validate = ajv.compile(absolute)
  if (validate(answer.body)) return []
  return (validate.errors ?? []).map((error) => `${method} ${template}: ${error.instancePath} ${error.message}`)
}
