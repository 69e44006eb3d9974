import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { runCli } from './cli.js'

/** Returns a function that gives what is wrong in a report by the schema that the binary prints; undefined: nothing. */
export async function readReportSchema(): Promise<(value: unknown) => unknown> {
  const { stdout } = await runCli(['report', 'schema'])
  const ajv = new Ajv({ strict: true, allErrors: true })
  addFormats.default(ajv)
  const validate = ajv.compile(JSON.parse(stdout) as object)
  return (value) => (validate(value) ? undefined : validate.errors)
}
