import { call, dataNote, type PromptSpec, steps, userText } from './define-prompt.ts'
import { live } from './live.ts'
import { readAttention } from '../../tools/report/read-attention.ts'
import { attentionText } from '../../views/attention/report.ts'

/** Findings that are named. */
const maxFindings = 15

const instructions = `Do the morning check of the HyperCore cluster. ${dataNote}

${steps([
  `The list above is what needs attention, the worst first. If it is not there, call ${call('ping_read')}; if that fails, report it and stop, else call ${call('attention')}.`,
  `Tasks that failed within a day belong to it: ${call('taskTagStatus_read', { filter: 'state:ERROR', limit: 10 })}`,
  'Report. First a line: "All is well", or how many things need attention. Then each of them: what, where, since when, what you would do; its next call tells more. What was NOT READ is not well: say so.',
  'Change nothing. If something should be done, say what, and ask the user.'
])}`

/** What needs a person, and how to report it. */
export const morningCheck: PromptSpec = {
  name: 'morning-check',
  title: 'Morning check',
  description:
    'Looks at nodes, conditions, drives, VMs, protection and tasks, and reports what needs attention.',
  arguments: {},
  async write(context) {
    const findings = await live(async () => [
      userText(
        `What needs attention, read just now:\n${attentionText(await readAttention(context, maxFindings))}`
      )
    ])
    return [...findings, userText(instructions)]
  }
}
