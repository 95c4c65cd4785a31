import { startTestBridge } from '../helper/bridge.ts'
import { type AnswerTable, type HundredVms, measureAnswers, measureHundredVms } from './answers.ts'
import { type MetError, measureErrors } from './errors.ts'
import { type CorpusFigures, evaluateCorpus } from './malformed-calls.ts'
import { type IdArgument, measureReachability } from './reachability.ts'
import type { Owner } from './owner.ts'
import { measureToolLists, type ToolLists } from './tokens.ts'

/** All figures of one run. */
export interface Evaluation {
  lists: ToolLists
  hundredVms: HundredVms
  answers: AnswerTable
  corpus: CorpusFigures
  reachability: { text: IdArgument[]; json: IdArgument[] }
  errors: MetError[]
}

/** Measures everything, on simulated clusters of a fixed seed. No language model takes part. */
export async function evaluateAll(owner: Owner): Promise<Evaluation> {
  const bridge = await startTestBridge(owner)
  const lists = await measureToolLists(owner, bridge)
  const hundredVms = await measureHundredVms(owner)
  // Alone: counting a million tokens keeps everything else in the process waiting.
  const answers = await measureAnswers(owner)
  // These wait for the cluster, and can do it together.
  const [corpus, text, json, errors] = await Promise.all([
    evaluateCorpus(owner),
    measureReachability(owner, 'text'),
    measureReachability(owner, 'json'),
    measureErrors(owner)
  ])
  return { lists, hundredVms, answers, corpus, reachability: { text, json }, errors }
}
