import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

interface Flag {
  readonly type: 'boolean' | 'option'
  readonly helpValue?: string
  readonly options?: readonly string[]
}

interface Command {
  readonly summary: string
  readonly description: string
  readonly examples: readonly string[]
  readonly flags: Readonly<Record<string, Flag>>
}

const MANIFEST = path.resolve(import.meta.dirname, '../../oclif.manifest.json')
const { commands } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { commands: Record<string, Command> }

describe.each(Object.entries(commands))(
  'what the help of %s is made of',
  (_id, { summary, description, examples, flags }) => {
    it('has a summary that fits a line, a description and examples', () => {
      expect(summary).toMatch(/^[A-Z].{10,79}\.$/)
      expect(description).not.toBe('')
      expect(examples.length).toBeGreaterThanOrEqual(2)
    })

    it('says of each flag what it takes', () => {
      const unclear = Object.entries(flags).filter(
        ([, { type, helpValue, options }]) => type === 'option' && helpValue === undefined && options === undefined,
      )
      expect(unclear).toEqual([])
    })
  },
)
