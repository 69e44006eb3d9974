import { Flags } from '@oclif/core'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { checkExitCodesHelp, checkFlags } from '../../lib/cli/check-flags.js'
import { connectionFlags } from '../../lib/cli/flags.js'
import type { CheckResult } from '../../lib/cli/check.js'

export default class OpenapiLint extends BaseCommand {
  static override summary = "Compare a client's requests with the specification of a running Bailo."

  static override description = `Finds the requests that a client makes and looks each of them up in the specification: paths and methods that are not there, parameters and fields that are unknown or missing, operations that the client does not use. It also finds faults of the specification itself.

A client is one of: contract, this tool's own description of the API; a Python file, or a directory of them, with calls of self.agent.get(...) and the like; a HAR file of recorded traffic. Several are taken for one.

The specifications are those that the instance serves of its versions of the API, or those of --spec: JSON or YAML, OpenAPI 3.0 or 3.1, each in one file. An instance's keys are sent to its own origin only.

With --live-responses every GET that needs no more than ids, which the answers of others hold, is called, and what the instance answers is compared with what its specification says. Nothing is changed by that.

Levels of rules are set by --rule, or in bailo-exp.lint.yaml under "rules"; that file may also have "fail-on" and "baseline". The rules are listed by: bailo-exp openapi rules

${checkExitCodesHelp}`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --url http://localhost:8080',
    '<%= config.bin %> <%= command.id %> --client path/to/client.py --rule endpoint-not-covered=off',
    '<%= config.bin %> <%= command.id %> --client client.py --spec swagger.json --format sarif --output lint.sarif',
    '<%= config.bin %> <%= command.id %> --baseline lint-baseline.json --update-baseline',
  ]

  static override flags = {
    client: Flags.string({
      description: 'contract, a Python file, a directory of them or a HAR file; may be repeated',
      helpValue: 'CLIENT',
      multiple: true,
      multipleNonGreedy: true,
      default: ['contract'],
    }),
    spec: Flags.string({
      description: "file or URL of a specification, instead of the instance's own; may be repeated",
      helpValue: 'FILE|URL',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      noCacheDefault: true,
    }),
    'live-responses': Flags.boolean({ description: 'call the instance and check its answers', default: false }),
    'max-requests': Flags.integer({
      description: 'how many requests --live-responses makes at most',
      helpValue: 'N',
      default: 100,
      min: 1,
      max: 10_000,
    }),
    ...checkFlags,
    ...connectionFlags,
  }

  async run(): Promise<CheckResult> {
    const { flags } = await this.parse(OpenapiLint)
    // Loaded here, because a check of a few files has to be quick.
    const [{ loadSpecifications, publish, safely, toCheckOptions }, { lint }, { loadFlagSettings }] = await Promise.all(
      [import('../../lib/cli/check.js'), import('../../lib/lint/lint.js'), import('../../lib/cli/load-settings.js')],
    )
    const tell = safely((message) => this.tell(message))
    const userAgent = `bailo-exp/${this.config.version}`
    const report = await lint({
      ...toCheckOptions(flags, tell),
      clients: flags.client,
      loadSpecifications: () => loadSpecifications(flags.spec, flags, { userAgent, tell }),
      callInstance: flags['live-responses']
        ? async (specifications) => {
            const { callInstance } = await import('../../lib/lint/live/call.js')
            const options = { userAgent, maxRequests: flags['max-requests'] }
            return callInstance(specifications, await loadFlagSettings(flags), options)
          }
        : undefined,
      version: this.config.version,
    })
    return publish(report, flags, { log: (text) => this.log(text), isJson: this.jsonEnabled(), tell })
  }
}
