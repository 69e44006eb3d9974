import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MODEL_SCHEMA, SOME_ID, SOME_TEXT, TestSandbox, UNKNOWN_ERROR } from './client.js'

const ORGANISATION = 'Example Organisation'
const ME = [{ entity: 'user:user', roles: ['owner'] }]
const USAGE = '/api/v3/metrics/usage'
const volumeOf = (interval: string, startDate: string, endDate: string, more = '') =>
  `/api/v3/metrics/entryVolume?interval=${interval}&startDate=${startDate}&endDate=${endDate}${more}`

let server: TestSandbox
beforeEach(async () => {
  // Only the clock: the server's own timers go on.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-15T12:00:00Z') })
  server = await TestSandbox.start()
})
afterEach(async () => {
  vi.useRealTimers()
  await server.close()
})

async function createAt(time: string, details: object = {}): Promise<string> {
  vi.setSystemTime(Date.parse(time))
  return server.createModel(details)
}

test('a volume of too many intervals is an error, not the end of the sandbox', async () => {
  const { status, body } = await server.get(volumeOf('day', '0001-01-01', '9999-12-31'))
  expect([status, body]).toEqual([500, UNKNOWN_ERROR])
  expect((await server.get(volumeOf('year', '2000-01-01', '9000-12-31'))).body.data).toHaveLength(7001)
})

describe('usage', () => {
  test('is counted for the instance and for each organisation', async () => {
    const modelId = await server.createModelWithCard({ organisation: ORGANISATION, state: 'Development' })
    await server.createRelease(modelId, '1.0.0')
    await server.createRelease(modelId, '1.0.1')
    await server.createModelWithCard({ collaborators: [...ME, { entity: 'user:other', roles: ['consumer'] }] })
    const requested = await server.createModel()
    await server.post(`/api/v2/model/${requested}/access-requests`, {
      schemaId: 'minimal-access-request-general-v10',
      metadata: { overview: { name: 'a', entities: ['user:user'] } },
    })
    const { status, body } = await server.get(USAGE)
    expect(status).toBe(200)
    const breakdown = (model: number, unset: number) => [
      { schemaId: SOME_ID, schemaName: 'Minimal Schema v10', count: model },
      { schemaId: SOME_ID, schemaName: 'Minimal Data Card Schema v10', count: 0 },
      { schemaId: SOME_ID, schemaName: 'Minimal Access Request Schema v10', count: 0 },
      { schemaId: 'unset', schemaName: 'unset', count: unset },
    ]
    expect(body).toEqual({
      global: {
        users: 2,
        entries: 3,
        withReleases: 1,
        withAccessRequest: 1,
        schemaBreakdown: breakdown(2, 1),
        entryState: [
          { state: 'None', count: 2 },
          { state: 'Development', count: 1 },
        ],
      },
      byOrganisation: [
        {
          organisation: ORGANISATION,
          entries: 1,
          withReleases: 1,
          withAccessRequest: 0,
          schemaBreakdown: breakdown(1, 0),
          entryState: [{ state: 'Development', count: 1 }],
        },
        {
          organisation: 'unset',
          entries: 2,
          withReleases: 0,
          withAccessRequest: 1,
          schemaBreakdown: breakdown(1, 1),
          entryState: [{ state: 'None', count: 2 }],
        },
      ],
      lastUpdated: SOME_TEXT,
    })
    const { body: schema } = await server.get(`/api/v2/schemas?kind=model`)
    expect(schema.schemas.find(({ id }) => id === MODEL_SCHEMA)?._id).toBe(body.global.schemaBreakdown[0]?.schemaId)
  })

  test('is counted anew after five minutes', async () => {
    const { body: first } = await server.get(USAGE)
    await server.createModel()
    vi.setSystemTime(Date.parse('2026-03-15T12:04:59Z'))
    expect((await server.get(USAGE)).body).toEqual(first)
    vi.setSystemTime(Date.parse('2026-03-15T12:05:00Z'))
    const { body } = await server.get(USAGE)
    expect(body).toMatchObject({ global: { entries: 1 }, lastUpdated: '2026-03-15T12:05:00.000Z' })
  })
})

describe('the volume', () => {
  test('is counted by month, from the first to the last', async () => {
    await createAt('2026-01-31T23:59:59Z')
    await createAt('2026-02-01T00:00:00Z', { organisation: ORGANISATION })
    await createAt('2026-02-20T00:00:00Z')
    const { status, body } = await server.get(volumeOf('month', '2026-01-01', '2026-03-01'))
    expect(status).toBe(200)
    const [january, february, march] = ['01', '02', '03', '04'].map((month) => `2026-${month}-01T00:00:00.000Z`)
    expect(body).toEqual({
      interval: 'month',
      startDate: january,
      endDate: march,
      lastUpdated: SOME_TEXT,
      data: [
        { startDate: january, endDate: february, count: 1, organisations: { [ORGANISATION]: 0, unset: 1 } },
        { startDate: february, endDate: march, count: 2, organisations: { [ORGANISATION]: 1, unset: 1 } },
        {
          startDate: march,
          endDate: '2026-04-01T00:00:00.000Z',
          count: 0,
          organisations: { [ORGANISATION]: 0, unset: 0 },
        },
      ],
    })
  })

  test.each([
    ['day', ['2026-03-11', '2026-03-12', '2026-03-13']],
    ['week', ['2026-03-08']],
    ['quarter', ['2026-01-01']],
    ['year', ['2026-01-01']],
  ])('begins where a %s begins', async (interval, days) => {
    await createAt('2026-03-11T08:00:00Z')
    await createAt('2026-03-13T23:00:00Z')
    await createAt('2026-03-14T00:00:00Z')
    const { body } = await server.get(volumeOf(interval, '2026-03-11', '2026-03-13'))
    expect(body.data.map(({ startDate }) => startDate)).toEqual(days.map((day) => `${day}T00:00:00.000Z`))
    expect(body.data.reduce((sum, { count }) => sum + count, 0)).toBe(2)
  })

  test.each([
    ['&timezone=America/New_York', '2026-03-09T04:00:00.000Z'],
    ['&timezone=%2B02:00', '2026-03-09T22:00:00.000Z'],
    ['&timezone=-0330', '2026-03-09T03:30:00.000Z'],
  ])('follows the clock of a zone: %s', async (query, expected) => {
    const { body } = await server.get(volumeOf('day', '2026-03-10', '2026-03-10', query))
    expect(body.data[0]?.startDate).toBe(expected)
  })

  test.each([
    ['interval=hour&startDate=2026-01-01&endDate=2026-01-02', /^Path: query\.interval - Message: Invalid enum value\./],
    ['interval=day&startDate=tomorrow&endDate=2026-01-02', /^Path: query\.startDate - Message: Invalid date$/],
    ['interval=day&startDate=2026-01-01', /^Path: query\.endDate - Message: Required$/],
    ['interval=day&startDate=2026-01-01&endDate=2026-01-02&timezone=Mars', /^Invalid timezone\. Must be a valid IANA/],
  ])('is refused for %s', async (query, message) => {
    const { status, body } = await server.get(`/api/v3/metrics/entryVolume?${query}`)
    expect(status).toBe(400)
    expect(body.error.message).toMatch(message)
  })
})
