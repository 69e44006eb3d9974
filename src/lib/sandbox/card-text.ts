import { isObject } from './contract.js'
import { writeCardPath } from './card-paths.js'
import type { JsonObject } from './state.js'

/** What is picked from a list of the instance is not read from a text (from Bailo's source). */
const PICKED_WIDGETS: readonly unknown[] = ['dataCardSelector', 'entitySelector']

interface Question {
  readonly path: string
  /** What a line has to begin with, in lower case. */
  readonly labels: readonly string[]
  readonly schema: JsonObject
}

/**
 * Reads answers from a text. The server asks a language model; here an answer is a line that begins with the title or the
 * name of its question and a colon, such as `modelSummary: Finds cats`.
 */
export function readCardText(text: string, schema: JsonObject): JsonObject {
  const questions = listQuestions(schema, '')
  return text.split(/\r?\n/).reduce<JsonObject>((metadata, line) => {
    const [, label = '', answer = ''] = /^\W*(.*?)\s*:\s*(.+?)\s*$/.exec(line) ?? []
    const question = questions.find(({ labels }) => labels.includes(label.toLowerCase()))
    const value = question && readAnswer(answer, question.schema)
    return value === undefined ? metadata : writeCardPath(metadata, question?.path ?? '', value)
  }, {})
}

function listQuestions({ properties }: JsonObject, prefix: string): Question[] {
  if (!isObject(properties)) return []
  return Object.entries(properties).flatMap(([key, schema]) => {
    if (!isObject(schema) || PICKED_WIDGETS.includes(schema.widget)) return []
    const path = `${prefix}${key}`
    if (schema.type === 'object') return listQuestions(schema, `${path}.`)
    const titles = typeof schema.title === 'string' ? [schema.title] : []
    return [{ path, labels: [key, ...titles].map((label) => label.toLowerCase()), schema }]
  })
}

/** Undefined when the answer is of another type than the question asks for. */
function readAnswer(answer: string, { type, maxLength }: JsonObject): unknown {
  switch (type) {
    case 'string':
      return typeof maxLength === 'number' ? answer.slice(0, maxLength) : answer
    case 'number':
    case 'integer':
      return Number.isFinite(Number(answer)) ? Number(answer) : undefined
    case 'boolean':
      if (/^(yes|true)$/i.test(answer)) return true
      return /^(no|false)$/i.test(answer) ? false : undefined
    default:
      return undefined
  }
}
