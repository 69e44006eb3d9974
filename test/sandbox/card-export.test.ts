import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bailoError, matching, TestSandbox } from './client.js'

let server: TestSandbox
beforeAll(async () => void (server = await TestSandbox.start()))
afterAll(() => server.close())

describe('a card as a page', () => {
  test('shows the questions of the schema with their answers, as text', async () => {
    const modelId = await server.createModelWithCard({ name: 'A <b>', description: 'x & y', state: 'Review' })
    const metadata = {
      overview: { modelSummary: '<script>alert(1)</script>', metrics: [{ name: 'F1', value: 0.5 }] },
      anotherPage: { sectionTwo: { questionThree: 0, questionFour: false } },
    }
    await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata })
    const { status, text, headers } = await server.get(`/api/v2/model/${modelId}/model-card/2/html`)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    for (const part of [
      '<h1>A &lt;b&gt;</h1>',
      '<p>x &amp; y</p>',
      '<p>Review</p>',
      '<h3>What is the model for?</h3>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>',
      '<p>F1</p>',
      '<p>0.5</p>',
      '<p>No</p>',
      '<p>0</p>',
      '<p>No response</p>',
    ]) {
      expect(text).toContain(part)
    }
    expect(text).not.toContain('<script>')
    expect((await server.get(`/api/v2/model/${modelId}/model-card/latest/html`)).text).toBe(text)
    expect((await server.get(`/api/v2/model/${modelId}/model-card/1/html`)).text).not.toContain('F1')
  })

  test('has no answer to a question that is called like what every object has', async () => {
    const properties = { constructor: { type: 'string', title: 'Who built it?' }, toString: { type: 'string' } }
    const jsonSchema = { type: 'object', properties }
    const schema = { id: 'odd', name: 'n', description: 'd', kind: 'model', jsonSchema, reviewRoles: [] }
    expect((await server.post('/api/v2/schemas', schema)).status).toBe(200)
    const modelId = await server.createModel()
    await server.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: 'odd' })
    const { status, text } = await server.get(`/api/v2/model/${modelId}/model-card/latest/html`)
    expect(status).toBe(200)
    expect(text).toContain('Who built it?</h2>\n<p>No response</p>\n<p>No response</p>')
  })

  test('needs a card, and the right to read the model', async () => {
    const modelId = await server.createModel()
    const path = (version: string) => `/api/v2/model/${modelId}/model-card/${version}/html`
    const latest = await server.get(path('latest'))
    const context = { modelId, version: 'latest' }
    expect([latest.status, latest.body]).toEqual([404, bailoError('This model has no model card setup', context)])
    const numbered = await server.get(path('1'))
    expect(numbered.body.error.message).toBe("Version '1' does not exist on the requested model")
    const { status, body } = await server.get(path('1'), { keys: await server.createToken(['file:read']) })
    expect([status, body.error.message]).toEqual([403, 'This token is missing the required action: model:read'])
  })
})

describe('a card from a text', () => {
  const readText = async (modelId: string, text: string) => {
    const { status, text: answer } = await server.post(`/api/v2/model/${modelId}/import-model-card-text`, { text })
    expect(status).toBe(200)
    return JSON.parse(answer) as { metadata: unknown; warnings: unknown }
  }

  test('has the answers of lines that name a question, and is not saved', async () => {
    const modelId = await server.createModelWithCard()
    const text = [
      'A model card',
      '- modelSummary: Finds cats: all of them',
      'FOURTH QUESTION: 4.5',
      'Fifth question: yes',
      'datasets: a, b',
      'Something else: ignored',
    ].join('\r\n')
    expect(await readText(modelId, text)).toEqual({
      metadata: {
        overview: { modelSummary: 'Finds cats: all of them' },
        anotherPage: { sectionTwo: { questionThree: 4.5, questionFour: true } },
      },
      warnings: [],
    })
    expect((await server.get(`/api/v2/model/${modelId}/model-card-revisions`)).body.modelCardRevisions).toHaveLength(1)
  })

  test('warns of what does not fit, cuts what is too long, and leaves out what is of another type', async () => {
    const modelId = await server.createModelWithCard()
    const { metadata, warnings } = await readText(modelId, `q3: soon\nmodelSummary: ${'x'.repeat(6000)}\nq4: many`)
    expect(metadata).toEqual({
      overview: { modelSummary: 'x'.repeat(5000) },
      anotherPage: { sectionOne: { q3: 'soon' } },
    })
    expect(warnings).toEqual([matching(/^instance\.anotherPage\.sectionOne\.q3 does not conform/)])
    expect(await readText(modelId, 'Fourth question: many\nFifth question: perhaps')).toMatchObject({ metadata: {} })
  })

  test('needs a schema and a text', async () => {
    const modelId = await server.createModel()
    const path = `/api/v2/model/${modelId}/import-model-card-text`
    expect((await server.post(path, { text: 'x' })).body).toEqual(
      bailoError('Model does not have a schema selected. Please select a schema before importing.'),
    )
    expect((await server.post(path, {})).body.error.message).toBe('Path: body.text - Message: Required')
  })
})
