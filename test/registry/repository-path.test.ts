import { describe, expect, it } from 'vitest'
import { repositoryPath } from '../../src/lib/registry/repository-path.js'

describe('repositoryPath', () => {
  it.each([
    ['model-ab12cd/image', '/v2/model-ab12cd/image'],
    ['----88xezx/group/sub/name', '/v2/----88xezx/group/sub/name'],
    ['model/a b?c#d%2e', '/v2/model/a%20b%3Fc%23d%252e'],
  ])('of %j stays below /v2/', (repository, path) => {
    expect(repositoryPath(repository)).toBe(path)
    expect(new URL(path, 'http://bailo.example').pathname).toBe(path)
  })

  it.each(['model/../../api/v2/models', 'model/./x', 'model//x', '/model', ''])('refuses %j', (repository) => {
    expect(() => repositoryPath(repository)).toThrow(/not the name of an image's repository/)
  })
})
