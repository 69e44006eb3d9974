import { isObject } from './contract.js'
import { escapeHtml } from './html.js'
import type { Card, JsonObject, Model } from './state.js'

/** Headings go down to this level. */
const LOWEST_HEADING = 6

/** Returns a card as a page: the questions of its schema in their order, each with its answer (of our own making). */
export function renderCardPage(model: Model, card: Card, schema: JsonObject): string {
  const { name, description, state } = model
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${escapeHtml(name)}</title></head>`,
    '<body>',
    `<h1>${escapeHtml(name)}</h1>`,
    `<p>${escapeHtml(description)}</p>`,
    '<h2>State</h2>',
    `<p>${escapeHtml(state === '' ? 'State not set' : state)}</p>`,
    ...renderAnswer(card.metadata, schema, 1),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

function renderAnswer(answer: unknown, schema: JsonObject, level: number): string[] {
  const { title, properties, items } = schema
  const tag = `h${Math.min(level, LOWEST_HEADING)}`
  const heading = typeof title === 'string' && title !== '' ? [`<${tag}>${escapeHtml(title)}</${tag}>`] : []
  if (isObject(properties)) {
    const answers = isObject(answer) ? answer : {}
    const inner = Object.entries(properties).flatMap(([key, property]) =>
      isObject(property)
        ? renderAnswer(Object.hasOwn(answers, key) ? answers[key] : undefined, property, level + 1)
        : [],
    )
    return [...heading, ...inner]
  }
  if (Array.isArray(answer) && isObject(items)) {
    return [...heading, ...answer.flatMap((one) => renderAnswer(one, items, level + 1))]
  }
  return [...heading, `<p>${escapeHtml(describeAnswer(answer))}</p>`]
}

function describeAnswer(answer: unknown): string {
  if (answer === undefined || answer === '') return 'No response'
  if (typeof answer === 'boolean') return answer ? 'Yes' : 'No'
  return typeof answer === 'string' ? answer : JSON.stringify(answer)
}
