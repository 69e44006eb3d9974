import { Args } from '@oclif/core'
import { BaseCommand } from '../lib/cli/base-command.js'
import { completionScript, SHELLS } from '../lib/completion/scripts.js'

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes commands, flags, their values, models and runs.'

  static override description = `The script asks this tool what may come next. bash: add the line source <(bailo-exp completion bash) to ~/.bashrc. zsh: add the like to ~/.zshrc, after compinit. PowerShell: add the output to the file that $PROFILE names.

Ids of models come from the instance that dotenv file, environment and flags of the line name. It is asked by a process of its own, at most once a minute, and nobody waits for it longer than 300 ms: when it takes more, its models are there the next time. In CI (the variable CI is set) no instance is asked; BAILO_EXP_COMPLETE_MODELS=1 and 0 say otherwise.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> bash',
    'source <(<%= config.bin %> <%= command.id %> zsh)',
    '<%= config.bin %> <%= command.id %> powershell >> $PROFILE',
  ]

  static override enableJsonFlag = false

  static override args = {
    shell: Args.string({ description: 'the shell that is to complete', required: true, options: [...SHELLS] }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    const shell = SHELLS.find((one) => one === args.shell) ?? 'bash'
    process.stdout.write(completionScript(shell, this.config.bin))
  }
}
