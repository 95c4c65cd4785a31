import t from 'tap'
import { nestedTooDeep } from '../../src/lib/json/json.ts'
import { isNestedTooDeep } from '../../src/lib/json/json-depth.ts'
import { judgeCorpus, readCorpus, startCorpusBridge } from './malformed-calls.ts'

t.test('malformed calls', { timeout: 100_000 }, async (t) => {
  const bridge = await startCorpusBridge(t)
  const judged = await judgeCorpus(bridge)

  await t.test('each is coerced or refused as it must be', async (t) => {
    for (const { tool, text, why, right, verdict, outcome } of judged)
      t.ok(right, `${tool} ${text.slice(0, 80)}: ${why}`, { verdict, outcome })
  })

  await t.test('the corpus holds enough of each kind', async (t) => {
    const count = (kind: 'coercedTo' | 'refused'): number =>
      judged.filter(({ outcome }) => kind in outcome).length
    t.ok(count('coercedTo') >= 100, 'many that are coerced')
    t.ok(count('refused') >= 100, 'and many that must not')
    const tools = new Set(judged.map(({ tool }) => tool))
    const leftOut = [...bridge.app.tools.keys()].filter((name) => !tools.has(name))
    t.same(leftOut, [], 'no tool is left out')
    t.equal(new Set(judged.map(({ tool, text }) => tool + text)).size, judged.length, 'none twice')
  })

  await t.test('what is coerced says so, unless only the form of a text was odd', async (t) => {
    const silent = judged.filter(
      ({ verdict }) => verdict.kind === 'coerced' && verdict.notes.length === 0
    )
    t.ok(silent.length > 0)
    for (const { tool, text, why } of silent)
      t.match(why, /blank|legal|uuid (in|as)|for a body|nothing/, `${tool} ${text}`)
  })

  await t.test('the bridge responds as the judge says', async (t) => {
    for (const { tool, text, verdict } of judged) {
      const name = `${tool} ${text.slice(0, 80)}`
      if (verdict.kind === 'refused') {
        const { status, body } = await bridge.call(tool, text)
        t.equal(body.error.code, verdict.code, name)
        // Refused as text, before there are arguments to judge.
        const message = isNestedTooDeep(text) ? nestedTooDeep('The body') : verdict.message
        t.equal(body.error.message, message, name)
        t.ok(status >= 400 && status < 500, name)
      } else if (bridge.app.tools.get(tool)?.annotations.readOnlyHint === true) {
        const { status, body } = await bridge.call(tool, text)
        // A task that is none, no directory and no model server are the tools' own refusals.
        if (status !== 200)
          t.match(body.error.code, /^(NOT_FOUND|NOT_CONFIGURED|LLM_NOT_CONFIGURED)$/, name)
        else if (verdict.notes.length > 0) t.match(body.notes, verdict.notes, name)
        else t.notOk('notes' in body, name)
      }
    }
  })

  await t.test('a uuid stands where the corpus has a name for it', async (t) => {
    const [first] = readCorpus(bridge)
    const vmUUID = bridge.vm('web-01')
    t.match(first, { tool: 'getVM_details', outcome: { coercedTo: { vmUUID } } })
  })
})
