import { isObject } from './contract.js'
import type { JsonObject } from './state.js'

/**
 * Returns the schema as it is for a model in a state: what has to be answered then is required, and so is every object
 * around it (from Bailo's source). Without a state it is returned as it is.
 */
export function requireForState(schema: JsonObject, modelState: string | undefined): JsonObject {
  return modelState === undefined ? schema : resolveStates(schema, modelState).schema
}

function resolveStates(schema: JsonObject, modelState: string): { schema: JsonObject; isRequired: boolean } {
  const { requiredByModelStates: states, properties, required = [] } = schema
  const isRequiredItself = Array.isArray(states) && states.includes(modelState)
  if (!isObject(properties)) return { schema, isRequired: isRequiredItself }
  const resolved = Object.entries(properties).map(([name, property]) => ({
    name,
    ...(isObject(property) ? resolveStates(property, modelState) : { schema: property, isRequired: false }),
  }))
  const names = resolved.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  return {
    schema: {
      ...schema,
      properties: Object.fromEntries(resolved.map((one) => [one.name, one.schema])),
      ...(names.length > 0 && { required: [...new Set([...(required as string[]), ...names])] }),
    },
    isRequired: isRequiredItself || names.length > 0,
  }
}
