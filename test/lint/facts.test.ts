import { beforeAll, describe, expect, it } from 'vitest'
import { lint } from '../../src/lib/lint/lint.js'
import type { Report } from '../../src/lib/lint/report.js'
import { parseSpecification } from '../../src/lib/lint/specification/parse.js'
import { readLiveSpecification, whyNoFacts } from '../openapi/facts.js'

/** The client is what the contract relies on; the specifications are those of a running Bailo. */
describe.skipIf(whyNoFacts !== undefined)(
  `the contract against the specification of a running Bailo${whyNoFacts === undefined ? '' : ` (${whyNoFacts})`}`,
  () => {
    let report: Report
    const told: string[] = []

    async function check(...versions: ('v2' | 'v3')[]): Promise<Report> {
      return lint({
        clients: ['contract'],
        loadSpecifications: () =>
          Promise.all(
            versions.map((version) =>
              parseSpecification(JSON.stringify(readLiveSpecification(version)), `${version}.json`),
            ),
          ),
        callInstance: undefined,
        version: '0',
        rules: [],
        config: undefined,
        failOn: undefined,
        baseline: undefined,
        isUpdatingBaseline: false,
        tell: (message) => void told.push(message),
      })
    }

    const find = (rule: string) => report.findings.filter((finding) => finding.rule === rule)
    const namesOf = (rule: string) => find(rule).map(({ method, path }) => `${method} ${path}`)

    beforeAll(async () => {
      report = await check('v2', 'v3')
    })

    it('has no other error than the faults of the specification itself', () => {
      const errors = report.findings.filter(({ level }) => level === 'error')
      expect(errors.map(({ rule, method, path }) => `${rule} ${method} ${path}`).sort()).toEqual([
        'duplicate-path PUT /api/v2/review/role/{shortName}',
        'path-parameter-mismatch DELETE /api/v2/review/role/{reviewRoleId}',
      ])
      expect(told).toEqual([])
    })

    it('shows the lesser faults of the specification', () => {
      expect(namesOf('path-parameter-optional')).toEqual([
        'GET /api/v2/model/{modelId}/model-card/{version}',
        'GET /api/v2/model/{modelId}/model-card/{version}/html',
      ])
      expect(namesOf('response-undescribed')).toEqual([
        'GET /api/v2/config/ui',
        'POST /api/v3/review/{reviewId}/notify',
      ])
      expect(namesOf('endpoint-deprecated')).toEqual(['GET /api/v2/model/{modelId}/image/{name}/{tag}'])
    })

    it.each([
      [
        'POST /api/v2/model/{modelId}/releases',
        'the answer: only the contract has "release"; only the specification has "card"',
      ],
      [
        'PUT /api/v2/model/{modelId}/release/{semver}',
        'the answer: only the contract has "release"; only the specification has "card"',
      ],
      [
        'GET /api/v2/model/{modelId}/release/{semver}',
        '/release/images/*: the contract has the type object, the specification has string',
      ],
      [
        'GET /api/v2/model/{modelId}/releases',
        '/releases/*/images/*: the contract has the type object, the specification has string',
      ],
      [
        'GET /api/v2/user/tokens/list',
        'only the contract has "tokenActionMap"; only the specification has "tokenActions"',
      ],
      ['GET /api/v2/transfer/{exportId}', 'only the contract has "transfer"; only the specification has "_id"'],
    ])('shows the drift of %s', (operation, words) => {
      const drifts = find('response-drift').filter(({ method, path }) => `${method} ${path}` === operation)
      expect(drifts.map(({ message }) => message).join('\n')).toContain(words)
      expect(drifts.every(({ pointer }) => pointer?.startsWith('/paths/~1api~1'))).toBe(true)
    })

    it('knows of nothing else than drift, coverage included', () => {
      const others = report.findings.filter(({ rule, level }) => rule !== 'response-drift' && level === 'warning')
      expect(others).toHaveLength(3)
      expect(report.summary).toMatchObject({
        client: { calls: 94, matched: 94, exempt: 7 },
        coverage: { covered: 94, total: 94 },
      })
    })

    it('says nothing of a version of the API whose specification it was not given', async () => {
      const { findings, summary } = await check('v2')
      expect(findings.filter(({ path }) => path.startsWith('/api/v3'))).toEqual([])
      expect(summary).toMatchObject({ errors: 2, client: { matched: 81, exempt: 20 }, coverage: { total: 81 } })
    })
  },
)
