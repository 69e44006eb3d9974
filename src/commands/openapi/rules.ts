import { Args } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import type { RuleList } from '../../lib/lint/list-rules.js'

export default class OpenapiRules extends BaseCommand {
  static override summary = 'List the rules of openapi lint and openapi diff.'

  static override description = `Each rule has an id that never changes, a default level, and for openapi lint an example of what it finds and of what it does not. With the id of a rule only that one is shown, with its examples.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> query-parameter-missing',
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  static override args = { rule: Args.string({ description: 'id of one rule' }) }

  async run(): Promise<RuleList> {
    const { args } = await this.parse(OpenapiRules)
    const { formatRules, listRules } = await import('../../lib/lint/list-rules.js')
    const rules = listRules(args.rule)
    this.log(formatRules(rules, args.rule !== undefined))
    return rules
  }
}
