import type { Interfaces } from '@oclif/core'
import { Help } from '@oclif/core/help'
import { HELP_TOPICS } from './help-topics.js'

/** What oclif prints as help, and the topics that are no commands. */
export default class TopicHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    const topic = argv.length === 1 ? HELP_TOPICS.find(({ name }) => name === argv[0]) : undefined
    if (topic === undefined) return super.showHelp(argv)
    const { title, introduction = '', entries } = topic
    const list = this.renderList(
      entries.map(([name, meaning]) => [name, meaning]),
      { indentation: 2, spacer: '\n', stripAnsi: true },
    )
    const paragraphs = introduction === '' ? [title] : [title, introduction]
    this.log([...paragraphs.map((text) => this.wrap(text)), this.indent(list)].join('\n\n'))
  }

  protected override formatTopics(topics: Interfaces.Topic[]): string {
    const rest = HELP_TOPICS.map(({ name, title }) => [`help ${name}`, title] as [string, string])
    const more = this.section('MORE HELP', this.renderList(rest, { indentation: 2, spacer: '\n', stripAnsi: true }))
    return `${super.formatTopics(topics)}\n\n${more}`
  }
}
