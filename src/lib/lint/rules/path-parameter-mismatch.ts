import { inOperation, nameOf } from './problems.js'
import type { Rule } from './rule.js'

export const pathParameterMismatch: Rule = {
  id: 'path-parameter-mismatch',
  level: 'error',
  description:
    'The names in a path and the names of its path parameters disagree; generated clients then send the name.',
  bad: {
    specification: '/api/v2/role/{roleId}: { get: { parameters: [{ name: shortName, in: path, required: true }] } }',
  },
  good: {
    specification: '/api/v2/role/{roleId}: { get: { parameters: [{ name: roleId, in: path, required: true }] } }',
  },
  *check({ operations }) {
    for (const operation of operations) {
      const inTemplate = new Set([...operation.path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? ''))
      const described = operation.parameters.filter(({ place }) => place === 'path')
      for (const name of inTemplate) {
        if (described.some((parameter) => parameter.name === name)) continue
        const others = described
          .filter((parameter) => !inTemplate.has(parameter.name))
          .map((parameter) => parameter.name)
        const instead = others.length === 0 ? '' : `; it describes "${others.join('", "')}" instead`
        const message = `${nameOf(operation)} does not describe its path parameter "${name}"${instead}.`
        yield inOperation(operation, message, { subject: name })
      }
      // Parameters that stand for nothing are told of above when they may stand for one in the path.
      if (described.some(({ name }) => !inTemplate.has(name)) && described.length > inTemplate.size) {
        const names = described.filter(({ name }) => !inTemplate.has(name)).map(({ name }) => name)
        const message = `The path of ${nameOf(operation)} does not have its path parameter "${names.join('", "')}".`
        yield inOperation(operation, message, { subject: names.join() })
      }
    }
  },
}
