import type { JsonObject, Schema, SandboxState } from './state.js'

const DRAFT_7 = 'http://json-schema.org/draft-07/schema#'

/** An object of which every property may be left out, and that has no others. */
function page(title: string, description: string, properties: JsonObject): JsonObject {
  return { title, description, type: 'object', properties, required: [], additionalProperties: false }
}

function section(title: string, properties: JsonObject): JsonObject {
  return { title, description: 'Some more questions.', type: 'object', properties }
}

function cardSchema(pages: JsonObject): JsonObject {
  return { $schema: DRAFT_7, type: 'object', properties: pages, required: [], additionalProperties: false }
}

const MODEL_CARD = cardSchema({
  overview: page('Overview', 'What the model is for.', {
    modelSummary: {
      title: 'What is the model for?',
      description: 'A few sentences for somebody who has not heard of it.',
      type: 'string',
      minLength: 1,
      maxLength: 5000,
      requiredByModelStates: ['Development', 'Production', 'Review'],
    },
    datasets: {
      title: 'Which data cards belong to this model?',
      type: 'array',
      widget: 'dataCardSelector',
      items: { type: 'string' },
      uniqueItems: true,
    },
    metrics: {
      type: 'array',
      title: 'Metrics',
      widget: 'metricsWidget',
      items: {
        type: 'object',
        title: '',
        properties: {
          name: { title: 'What was measured', type: 'string' },
          value: { title: 'The value', type: 'number' },
        },
      },
    },
  }),
  anotherPage: page('Further page', 'Questions of every type.', {
    sectionOne: section('First section', {
      q1: { title: 'First question', description: 'Answered with a text.', type: 'string' },
      q2: { title: 'Second question', description: 'Answered with a text.', type: 'string' },
      q3: {
        title: 'Third question',
        description: 'Answered with a date.',
        type: 'string',
        format: 'date',
        requiredByModelStates: ['Production', 'Review'],
      },
    }),
    sectionTwo: section('Second section', {
      questionThree: { title: 'Fourth question', description: 'Answered with a number.', type: 'number' },
      questionFour: { title: 'Fifth question', description: 'Answered with yes or no.', type: 'boolean' },
    }),
  }),
})

const DATA_CARD = cardSchema({
  overview: page('Overview', 'What the data is.', {
    storageLocation: { title: 'Where is the data?', type: 'string', minLength: 1 },
  }),
})

const ACCESS_REQUEST: JsonObject = {
  $schema: DRAFT_7,
  type: 'object',
  properties: {
    overview: {
      title: 'Overview',
      description: 'Who asks for access, and for how long.',
      type: 'object',
      properties: {
        name: { title: 'What is the request called?', type: 'string', minLength: 1, maxLength: 100 },
        entities: {
          title: 'Who asks?',
          type: 'array',
          widget: 'entitySelector',
          items: { type: 'string' },
          minItems: 1,
        },
        endDate: { title: 'When does the access end?', type: 'string', format: 'date' },
      },
      required: ['name', 'entities'],
      additionalProperties: false,
    },
  },
  required: ['overview'],
  additionalProperties: false,
}

/**
 * Adds the schemas that a new instance has: same ids, structure and limits (observed), same review roles (for the model
 * observed, else from Bailo's source), texts of our own.
 */
export function addDefaultSchemas(state: SandboxState): void {
  const add = (id: string, name: string, kind: Schema['kind'], jsonSchema: JsonObject, reviewRoles: string[]) => {
    const description = `The default of the sandbox: ${name}.`
    state.schemas.set(id, {
      ...state.newDocument(),
      id,
      name,
      description,
      active: true,
      hidden: false,
      kind,
      jsonSchema,
      reviewRoles,
    })
  }
  add('minimal-general-v10', 'Minimal Schema v10', 'model', MODEL_CARD, ['msro', 'mtr'])
  add('minimal-data-card-v10', 'Minimal Data Card Schema v10', 'dataCard', DATA_CARD, [])
  add('minimal-access-request-general-v10', 'Minimal Access Request Schema v10', 'accessRequest', ACCESS_REQUEST, [
    'msro',
  ])
}
