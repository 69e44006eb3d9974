import type { Rule } from './rule.js'

export const clientUnreadable: Rule = {
  id: 'client-unreadable',
  level: 'error',
  description: 'A part of the client cannot be read, a syntax error for instance; calls in it were not looked at.',
  bad: {
    specification: '/api/v2/models: { get: {} }',
    client: 'return self.agent.get(f"{self.url}/v2/models") +',
  },
  good: {
    specification: '/api/v2/models: { get: {} }',
    client: 'return self.agent.get(f"{self.url}/v2/models")',
  },
  *check({ unreadable }) {
    for (const { location, message } of unreadable) yield { method: '', path: '', location, message, subject: message }
  },
}
