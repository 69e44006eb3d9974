import { inOperation, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const responseMismatch: Rule = {
  id: 'response-mismatch',
  level: 'warning',
  description:
    'With --live-responses: an answer of the instance does not fit what its specification says. The pointer leads into ' +
    'the answer.',
  bad: {
    specification: `/api/v2/tokens:
  get:
    responses:
      "200":
        content:
          application/json:
            schema: { type: object, properties: { tokens: { type: array } }, required: [tokens] }`,
    answer: '{ "tokenList": [] }',
  },
  good: {
    specification: `/api/v2/tokens:
  get:
    responses:
      "200":
        content:
          application/json:
            schema: { type: object, properties: { tokens: { type: array } }, required: [tokens] }`,
    answer: '{ "tokens": [], "more": 1 }',
  },
  *check({ mismatches }) {
    for (const { operation, url, pointer, problem } of mismatches) {
      const place = pointer === '' ? 'the answer' : pointer
      const message = `${nameOf(operation)} (${url}): ${place} ${problem}.`
      // Entries of a list fail alike, and how many there are is chance.
      const subject = `${pointer.replace(/\/\d+(?=\/|$)/g, '/*')} ${problem}`
      yield inOperation(operation, message, { subject, pointer })
    }
  },
}
