import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bailoError, SOME_TEXT, TestSandbox } from './client.js'

const ORGANISATION = 'Example Organisation'
const NOW = '2026-03-15T12:00:00.000Z'
const me = (...roles: string[]) => [{ entity: 'user:user', roles: ['owner', ...roles] }]
const OWNERS = ['user:user']

let server: TestSandbox
beforeEach(async () => {
  // Only the clock: the server's own timers go on.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(NOW) })
  server = await TestSandbox.start()
})
afterEach(async () => {
  vi.useRealTimers()
  await server.close()
})

async function read(path: string): Promise<unknown> {
  const { status, body } = await server.get(`/api/v3/metrics/${path}`)
  expect(status).toBe(200)
  return body
}

test.each(['breakdown', 'compliance/lifecycle', 'compliance/no-releases', 'compliance/roles', 'compliance/unapproved'])(
  '%s is for the role that looks after it',
  async (path) => {
    const refused = await server.get(`/api/v3/metrics/${path}`, { keys: server.sandbox.createKeys('alice') })
    const context = { userDn: 'alice', requiredRole: 'compliance' }
    expect([refused.status, refused.body]).toEqual([403, bailoError('You do not have the required role.', context)])
  },
)

test.each(['compliance/lifecycle', 'compliance/roles', 'compliance/unapproved'])(
  '%s refuses parameters that it does not have',
  async (path) => {
    const { status, body } = await server.get(`/api/v3/metrics/${path}?page=1`)
    expect([status, body.error.message]).toEqual([400, "Path: query - Message: Unrecognized key(s) in object: 'page'"])
  },
)

test('models without releases are counted, data cards are not, and the answer is kept for five minutes', async () => {
  const released = await server.createModelWithCard()
  await server.createRelease(released, '1.0.0', { draft: true })
  await server.createModel({ kind: 'data-card' })
  const empty = { entryId: await server.createModel(), modelOwners: OWNERS }
  const ours = { entryId: await server.createModel({ organisation: ORGANISATION }), modelOwners: OWNERS }
  const counted = {
    global: { summary: { modelsWithNoReleases: 2 }, entries: [empty, ours] },
    byOrganisation: [
      { organisation: ORGANISATION, summary: { modelsWithNoReleases: 1 }, entries: [ours] },
      { organisation: 'unset', summary: { modelsWithNoReleases: 1 }, entries: [empty] },
    ],
    lastUpdated: NOW,
  }
  expect(await read('compliance/no-releases')).toEqual(counted)
  await server.delete(`/api/v2/model/${ours.entryId}`)
  expect(await read('compliance/no-releases')).toEqual(counted)
  vi.setSystemTime(Date.parse(NOW) + 5 * 60_000)
  expect(await read('compliance/no-releases')).toMatchObject({ global: { entries: [empty] } })
})

test('roles that nobody holds are those that the schema of the card asks for reviews', async () => {
  await server.createModel()
  await server.createModelWithCard({ collaborators: me('msro', 'mtr') })
  const half = await server.createModelWithCard({ collaborators: me('mtr') })
  const none = await server.createModelWithCard({ organisation: ORGANISATION })
  const msro = { roleId: 'msro', roleName: 'Model Senior Responsible Officer' }
  const mtr = { roleId: 'mtr', roleName: 'Model Technical Reviewer' }
  const ofHalf = { entryId: half, modelOwners: OWNERS, missingRoles: [msro] }
  const ofNone = { entryId: none, modelOwners: OWNERS, missingRoles: [msro, mtr] }
  const summary = (msroCount: number, mtrCount: number) => [
    { ...msro, count: msroCount },
    { ...mtr, count: mtrCount },
  ]
  expect(await read('compliance/roles')).toEqual({
    global: { summary: summary(2, 1), entries: [ofHalf, ofNone] },
    byOrganisation: [
      { organisation: ORGANISATION, summary: summary(1, 1), entries: [ofNone] },
      { organisation: 'unset', summary: summary(1, 0), entries: [ofHalf] },
    ],
    lastUpdated: SOME_TEXT,
  })
})

test('releases are approved when each role that was asked has approved them once', async () => {
  const entryId = await server.createModelWithCard({ collaborators: me('msro', 'mtr'), organisation: ORGANISATION })
  const decide = (semver: string, role: string, decision: string) =>
    server.post(`/api/v2/model/${entryId}/release/${semver}/review`, { role, decision })
  await server.createRelease(entryId, '10.0.0')
  await server.createRelease(entryId, '2.0.0')
  await decide('2.0.0', 'msro', 'approve')
  await server.createRelease(entryId, '3.0.0')
  await decide('3.0.0', 'msro', 'approve')
  await decide('3.0.0', 'mtr', 'approve')
  await decide('3.0.0', 'mtr', 'undo')
  await server.createRelease(entryId, '4.0.0', { draft: true })
  await server.createRelease(entryId, '5.0.0', { minor: true })
  const entries = [{ entryId, modelOwners: OWNERS, unapprovedReleases: ['2.0.0', '5.0.0', '10.0.0'] }]
  expect(await read('compliance/unapproved')).toEqual({
    global: { summary: { totalModelsWithUnapprovedReleases: 1, totalUnapprovedReleases: 3 }, entries },
    byOrganisation: [
      { organisation: ORGANISATION, modelsWithUnapprovedReleases: 1, entries },
      { organisation: 'unset', modelsWithUnapprovedReleases: 0, entries: [] },
    ],
    lastUpdated: SOME_TEXT,
  })
})

describe('models to be reviewed', () => {
  test('are those with an open lifecycle review, due within some weeks', async () => {
    const soon = await server.createModel({ organisation: ORGANISATION })
    const later = await server.createModel()
    const dates = { [soon]: '2026-03-22T12:00:00.000Z', [later]: '2026-03-29T12:00:00.001Z' }
    const reviewIds: string[] = []
    for (const [modelId, dueDate] of Object.entries(dates)) {
      const { body } = await server.post(`/api/v3/review/${modelId}`, { kind: 'lifecycle', dueDate })
      reviewIds.push(body.review._id)
    }
    const entry = (entryId: string) => ({ entryId, dueDate: dates[entryId], modelOwners: OWNERS })
    expect(await read('compliance/lifecycle?weeksUntilDue=2')).toEqual({
      global: { summary: { count: 1 }, entries: [entry(soon)] },
      byOrganisation: [
        { organisation: ORGANISATION, summary: { count: 1 }, entries: [entry(soon)] },
        { organisation: 'unset', summary: { count: 0 }, entries: [] },
      ],
      lastUpdated: NOW,
    })
    expect(await read('compliance/lifecycle?weeksUntilDue=0')).toMatchObject({ global: { summary: { count: 0 } } })
    const all = { global: { summary: { count: 2 }, entries: [entry(soon), entry(later)] } }
    expect(await read('compliance/lifecycle')).toMatchObject(all)
    const approval = { kind: 'lifecycle', decision: 'approve', dueDate: '2027-03-01' }
    await server.post(`/api/v3/review/${reviewIds[0]}/response`, approval)
    expect(await read('compliance/lifecycle?weeksUntilDue=3')).toMatchObject({ global: { entries: [entry(later)] } })
  })

  test.each([
    ['soon', 'Expected number, received nan'],
    ['1.5', 'Expected integer, received float'],
    ['-1', 'Number must be greater than or equal to 0'],
    ['53', 'Number must be less than or equal to 52'],
  ])('are not looked for within %s weeks', async (weeks, message) => {
    const { status, body } = await server.get(`/api/v3/metrics/compliance/lifecycle?weeksUntilDue=${weeks}`)
    expect([status, body.error.message]).toEqual([400, `Path: query.weeksUntilDue - Message: ${message}`])
  })
})

describe('the breakdown', () => {
  async function list(query: string): Promise<string[]> {
    return ((await read(`breakdown?${query}`)) as { entryName: string }[]).map(({ entryName }) => entryName)
  }

  test('lists models with their collaborators, the last changed first', async () => {
    const collaborators = [...me(), { entity: 'user:other', roles: ['consumer', 'mtr'] }]
    const first = await server.createModel({ name: 'first', collaborators })
    const second = await server.createModel({ name: 'second', kind: 'data-card' })
    expect(await read('breakdown')).toEqual([
      { entryId: second, entryName: 'second', entryKind: 'data-card', collaborators: me() },
      { entryId: first, entryName: 'first', entryKind: 'model', collaborators },
    ])
    await server.patch(`/api/v2/model/${first}`, { description: 'changed' })
    expect(await list('')).toEqual(['first', 'second'])
  })

  test('has a filter for everything', async () => {
    vi.setSystemTime(Date.parse('2026-01-31T23:59:59Z'))
    const bare = 'bare'
    await server.createModel({ name: bare, kind: 'untrusted-model' })
    vi.setSystemTime(Date.parse('2026-02-01T00:00:00Z'))
    const details = { name: 'full', organisation: ORGANISATION, state: 'Development' }
    const full = await server.createModelWithCard(details)
    await server.createRelease(full, '1.0.0')
    await server.post(`/api/v2/model/${full}/access-requests`, {
      schemaId: 'minimal-access-request-general-v10',
      metadata: { overview: { name: 'a', entities: ['user:user'] } },
    })
    const onlyFull = [
      `organisation=${ORGANISATION}`,
      'state=Development',
      'schemaId=minimal-general-v10',
      'kinds=model',
      'kinds=model&kinds=data-card',
      'release=with',
      'accessRequest=with',
      'startMonth=2026-02',
      'startMonth=2026-02&endMonth=2026-02',
    ]
    for (const query of onlyFull) expect(await list(query), query).toEqual(['full'])
    const onlyBare = [
      'organisation=Unset',
      'state=None',
      'schemaId=none',
      'kinds=untrusted-model',
      'release=without',
      'accessRequest=without',
      'endMonth=2026-01',
    ]
    for (const query of onlyBare) expect(await list(query), query).toEqual([bare])
    expect((await list('organisation=ALL&kinds=')).sort()).toEqual([bare, 'full'])
    expect(await list('release=with&accessRequest=without')).toEqual([])
  })

  test.each([
    ['kinds=nope', /^Path: query\.kinds\[0\] - Message: Invalid enum value\./],
    ['release=maybe', /^Path: query\.release - Message: Invalid enum value\. Expected 'with' \| 'without'/],
    ['startMonth=2026-1', /^Path: query\.startMonth - Message: Invalid$/],
    ['endMonth=2026-13', /^Invalid endMonth\. Must be in the format YYYY-MM\.$/],
    ['startMonth=2026-02&endMonth=2026-01', /^startMonth must be before or equal to endMonth$/],
  ])('is refused for %s', async (query, message) => {
    const { status, body } = await server.get(`/api/v3/metrics/breakdown?${query}`)
    expect(status).toBe(400)
    expect(body.error.message).toMatch(message)
  })
})
