import { Shape } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const SEARCH = '/api/v2/models/search'

const shape = new Shape<{ readonly models: readonly { readonly id: string; readonly name: string }[] }>({
  type: 'object',
  required: ['models'],
  properties: {
    models: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'name'],
        properties: { id: { type: 'string' }, name: { type: 'string' } },
      },
    },
  },
})

/** The ids of the models that have exactly this name, of any kind. Names may repeat. */
export async function findModelsByName(instance: Instance, name: string): Promise<readonly string[]> {
  // The server finds the text anywhere in a name, in any case (observed).
  const body = await bodyOf(instance.json.GET(SEARCH, { params: { query: { search: name, titleOnly: true } } }))
  const { models } = shape.check({ method: 'GET', path: SEARCH }, body)
  return models.filter((model) => model.name === name).map(({ id }) => id)
}
