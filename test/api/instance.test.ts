import { expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/lib/api/instance.js'
import { getModel } from '../../src/lib/api/models.js'
import { Credentials } from '../../src/lib/config/credentials.js'
import { ACCESS_KEY, BASIC, SECRET_KEY } from '../support/client.js'
import { bailoError, json, startServer } from '../support/scripted-server.js'

it('connects with keys, user agent and an eye on retries, and sends nothing by itself', async () => {
  const server = await startServer([bailoError(503, 'busy'), json({ model: { id: 'm', name: 'n', kind: 'model' } })])
  const retries: Error[] = []
  const instance = connect(
    { origin: server.origin, credentials: new Credentials(server.origin, ACCESS_KEY, SECRET_KEY) },
    { userAgent: 'bailo-exp/1.2.3', onRetry: (failure) => void retries.push(failure) },
  )
  onTestFinished(() => instance.connection.close())
  expect(server.requests).toEqual([])
  expect((await getModel(instance, 'm')).name).toBe('n')
  expect(server.requests[1]?.headers).toMatchObject({ 'user-agent': 'bailo-exp/1.2.3', authorization: BASIC })
  expect(retries).toMatchObject([{ status: 503 }])
})
