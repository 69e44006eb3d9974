import { Args } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { checkExitCodesHelp, checkFlags } from '../../lib/cli/check-flags.js'
import { connectionFlags } from '../../lib/cli/flags.js'
import type { CheckResult } from '../../lib/cli/check.js'

export default class OpenapiDiff extends BaseCommand {
  static override summary = 'Say what changed between two specifications for a client, what breaks it first.'

  static override description = `Compares operations, parameters, request bodies and answers: what was removed, added, moved or renamed, what is required now, what changed its type or its values. An error breaks a client that was right before, a warning may break one, the rest is for information. The names of parameters in a path do not matter.

Both sides are files or URLs, JSON or YAML, OpenAPI 3.0 or 3.1. The rules are listed by: bailo-exp openapi rules

${checkExitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> saved.json http://localhost:8080/api/v2/api-docs/swagger.json',
    '<%= config.bin %> <%= command.id %> old.json new.json --format markdown --output changes.md',
    '<%= config.bin %> <%= command.id %> old.json new.json --fail-on never --json',
  ]

  static override args = {
    old: Args.string({ description: 'file or URL of the old specification', required: true }),
    new: Args.string({ description: 'file or URL of the new one', required: true }),
  }

  static override flags = { ...checkFlags, ...connectionFlags }

  async run(): Promise<CheckResult> {
    const { args, flags } = await this.parse(OpenapiDiff)
    const [{ loadNamed, publish, safely, toCheckOptions }, { diff }] = await Promise.all([
      import('../../lib/cli/check.js'),
      import('../../lib/lint/diff/diff.js'),
    ])
    const tell = safely((message) => this.tell(message))
    const options = { userAgent: `bailo-exp/${this.config.version}`, tell }
    const report = await diff({
      ...toCheckOptions(flags, tell),
      loadOld: () => loadNamed(args.old, flags, options),
      loadNew: () => loadNamed(args.new, flags, options),
      version: this.config.version,
    })
    return publish(report, flags, { log: (text) => this.log(text), isJson: this.jsonEnabled(), tell })
  }
}
