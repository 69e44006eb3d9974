import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/lib/errors.js'
import { ConnectionError, parseRetryAfter, toResponseError, type ResponseError } from '../../src/lib/http/errors.js'

const OPERATION = { method: 'POST', path: '/api/v2/model/{modelId}/releases' }
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

function errorFor(status: number, headers: Record<string, string>, body: string): ResponseError {
  return toResponseError(OPERATION, { origin: 'http://bailo.example', status, headers: new Headers(headers), body })
}

describe('an error answer of Bailo', () => {
  it('is told with operation, status and message', () => {
    const error = errorFor(
      404,
      JSON_TYPE,
      '{"error":{"name":"Not Found","message":"The requested model was not found."}}',
    )
    expect(error.message).toBe('POST /api/v2/model/{modelId}/releases answered 404: The requested model was not found.')
    expect(error).toMatchObject({
      name: 'ResponseError',
      status: 404,
      operation: OPERATION,
      serverMessage: 'The requested model was not found.',
      details: [],
      exitCode: ExitCode.Usage,
    })
  })

  it('lists what validation found', () => {
    const context = {
      errors: [
        { path: ['body', 'semver'], message: 'Required' },
        { path: [], message: 'Unrecognised key' },
      ],
      validationErrors: [{ path: ['overview', 0], message: 'is not of a type(s) string' }],
    }
    const body = JSON.stringify({ error: { name: 'Bad Request', message: 'Invalid', context } })
    expect(errorFor(400, JSON_TYPE, body).details).toEqual([
      'body.semver: Required',
      'Unrecognised key',
      'overview.0: is not of a type(s) string',
    ])
  })

  it('lists causes and the things concerned', () => {
    const context = {
      error: { message: 'no such key' },
      modelId: 'my-model-ab12cd',
      missingImages: [{ name: 'img', tag: '1' }],
      internal: 'not shown',
    }
    const body = JSON.stringify({ error: { name: 'x', message: 'm', context } })
    expect(errorFor(400, JSON_TYPE, body).details).toEqual([
      'no such key',
      'modelId: "my-model-ab12cd"',
      'missingImages: [{"name":"img","tag":"1"}]',
    ])
  })

  it('is kept to a readable number of lines', () => {
    const errors = Array.from({ length: 3000 }, (_, index) => ({ path: ['fileIds', index], message: 'Invalid' }))
    const body = JSON.stringify({ error: { message: 'm', context: { errors } } })
    expect(errorFor(400, JSON_TYPE, body).details).toHaveLength(20)
  })

  it('cannot act on the terminal', () => {
    const context = { errors: [{ path: ['a\x1b[2J'], message: '\u202egnp' }], modelId: 'm\x07' }
    const error = errorFor(400, JSON_TYPE, JSON.stringify({ error: { message: '\x1b]0;title\x07', context } }))
    expect([error.message, ...error.details].join('\n')).toBe(
      [
        'POST /api/v2/model/{modelId}/releases answered 400: \\u{1b}]0;title\\u{7}',
        'a\\u{1b}[2J: \\u{202e}gnp',
        'modelId: "m\\u0007"',
      ].join('\n'),
    )
  })

  it.each([
    ['a bare list', '[]'],
    ['no message', '{"error":{"name":"x"}}'],
    ['an error that is a text', '{"error":"broken"}'],
    ['a message that is no text', '{"error":{"message":{"a":1}}}'],
    ['broken JSON', '{"error":{"mess'],
  ])('of %s is shown as it is', (_case, body) => {
    expect(errorFor(500, JSON_TYPE, body).serverMessage).toBe(body)
  })
})

describe('an error answer of something else', () => {
  it('in the form of registries is told with all codes', () => {
    const body = '{"errors":[{"code":"DENIED","message":"requested access"},{"code":"UNKNOWN"},null]}'
    expect(errorFor(403, JSON_TYPE, body)).toMatchObject({
      serverMessage: 'DENIED: requested access; UNKNOWN',
      exitCode: ExitCode.Unreachable,
    })
    const hostile = JSON.stringify({ errors: [{ code: '\x1b[2J', message: '\u202e' }] })
    expect(errorFor(404, JSON_TYPE, hostile).serverMessage).toBe('\\u{1b}[2J: \\u{202e}')
  })

  it.each([
    ['<html><head><title>413 Request\nEntity Too Large</title></head></html>', ' (413 Request Entity Too Large)'],
    ['<pre>Cannot GET /nowhere</pre>', ' (Cannot GET /nowhere)'],
    ['<p>broken</p>', ''],
  ])('in HTML is told by its title: %s', (body, title) => {
    const error = errorFor(413, { 'content-type': 'text/html' }, body)
    expect(error.serverMessage).toBe(`an HTML page${title}, not Bailo's JSON`)
    expect(error.exitCode).toBe(ExitCode.Unreachable)
    expect(error.tryNext.join()).toMatch(/check URL.*make the name or the body smaller/)
  })

  it('without a body has no explanation', () => {
    expect(errorFor(500, {}, '').serverMessage).toBe('no explanation')
    expect(errorFor(500, JSON_TYPE, ' \n').serverMessage).toBe('no explanation')
  })

  it('as plain text is shown', () => {
    expect(errorFor(502, { 'content-type': 'text/plain' }, 'upstream\x1b[31m gone\n').serverMessage).toBe(
      'upstream\\u{1b}[31m gone',
    )
  })

  it('that is a redirect names its target', () => {
    const error = errorFor(302, { location: 'https://login.example.com/\u0085x' }, '')
    expect(error.serverMessage).toBe('a redirect to https://login.example.com/\\u{85}x')
    expect(error.exitCode).toBe(ExitCode.Unreachable)
    expect(error.tryNext.join()).toContain('set URL')
  })
})

it.each([
  [400, ExitCode.Usage],
  [401, ExitCode.Unreachable],
  [403, ExitCode.Unreachable],
  [404, ExitCode.Usage],
  [409, ExitCode.Usage],
  [413, ExitCode.Usage],
  [416, ExitCode.Usage],
  [429, ExitCode.Unreachable],
  [500, ExitCode.Unreachable],
  [503, ExitCode.Unreachable],
])('%i ends with exit code %i', (status, exitCode) => {
  expect(errorFor(status, {}, '').exitCode).toBe(exitCode)
})

describe('Retry-After', () => {
  const now = Date.parse('2026-08-01T12:00:00Z')

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sat, 01 Aug 2026 12:00:30 GMT', 30_000],
    ['Sat, 01 Aug 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('%j is %s ms', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  it.each([
    ['application/json', '{"error":{"message":"slow down"}}'],
    ['text/html', '<title>busy</title>'],
    ['text/plain', 'busy'],
  ])('is taken from an answer of type %s', (contentType, body) => {
    expect(errorFor(429, { 'content-type': contentType, 'retry-after': '7' }, body).retryAfterMs).toBe(7000)
  })
})

describe('a failure of the connection', () => {
  const failure = (properties: object): ConnectionError =>
    new ConnectionError(OPERATION, 'http://a:1', Object.assign(new Error('raw'), properties), false)

  it.each([
    ['connection refused', { code: 'ECONNREFUSED', syscall: 'connect' }, true],
    ['the host name is unknown', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }, true],
    ['connecting timed out', { code: 'UND_ERR_CONNECT_TIMEOUT' }, true],
    ['EHOSTUNREACH', { code: 'EHOSTUNREACH', syscall: 'connect' }, true],
    ['EHOSTUNREACH', { code: 'EHOSTUNREACH', syscall: 'read' }, false],
    ['ENETUNREACH', { code: 'ENETUNREACH', syscall: 'write' }, false],
    ['the connection was reset', { code: 'ECONNRESET', syscall: 'read' }, false],
    ['the connection was closed while sending', { code: 'EPIPE', syscall: 'write' }, false],
    ['no answer in time', { code: 'UND_ERR_HEADERS_TIMEOUT' }, false],
    ['the certificate has expired', { code: 'CERT_HAS_EXPIRED' }, false],
    ['HPE_INVALID_CONSTANT', { code: 'HPE_INVALID_CONSTANT' }, false],
    ['raw', {}, false],
  ])('says "%s" for %j; unsent is %s', (meaning, properties, isUnsent) => {
    const error = failure(properties)
    expect(error.message).toBe(`POST /api/v2/model/{modelId}/releases: no answer from http://a:1 (${meaning}).`)
    expect(error).toMatchObject({ isUnsent, exitCode: ExitCode.Unreachable })
  })

  it.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'])(
    'of which nobody vouches for the certificate (%s) says how to name who does',
    (code) => {
      expect(failure({ code }).tryNext[0]).toContain('--ca-file')
      expect(failure({ code: 'ECONNREFUSED' }).tryNext.join()).not.toContain('--ca-file')
    },
  )

  it('is found behind the errors that wrap it', () => {
    const inner = Object.assign(new Error('inner'), { code: 'ECONNREFUSED', syscall: 'connect' })
    const wrapped = new Error('outer', { cause: new AggregateError([inner, new Error('other')]) })
    expect(new ConnectionError(OPERATION, 'http://a:1', wrapped, false)).toMatchObject({
      isUnsent: true,
      message: expect.stringContaining('(connection refused)') as string,
    })
  })
})
