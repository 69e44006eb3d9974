import { Config } from '@oclif/core/config'
import TopicHelp from './help.js'

/**
 * Prints what `bailo-exp` does and which commands it has: what oclif prints, by oclif's own means, without the other half
 * of oclif, which runs commands.
 *
 * @param entry URL of the script in `bin/`, from which oclif finds the package
 */
export async function showRootHelp(entry: string): Promise<void> {
  const help = new TopicHelp(await Config.load(entry))
  // Most summaries have nothing to fill in, and a template engine takes its time to find out.
  const fillIn = help.render
  help.render = (text) => (text.includes('<%') ? fillIn(text) : text)
  await help.showHelp([])
}
