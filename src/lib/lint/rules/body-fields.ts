import { shapeOf, type Shape } from '../schema/shape.js'
import { jsonSchemaOf, type Operation } from '../specification/operations.js'

/** The fields of an operation's JSON body; undefined when the specification says nothing of them. */
export function bodyShapeOf({ requestBody }: Operation): Shape | undefined {
  const schema = requestBody && jsonSchemaOf(requestBody.content)
  return schema && shapeOf(schema)
}
