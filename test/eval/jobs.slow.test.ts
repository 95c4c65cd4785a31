import t from 'tap'
import { measureJobs, surfaces } from './jobs.ts'

const maxCalls = 3
const maxTokens = 1500

for (const vms of [100, 1000])
  for (const surface of surfaces)
    t.test(`an operator's jobs at ${vms} VMs over ${surface}`, async (t) => {
      for (const { job, calls, tokens, isDone } of await measureJobs(t, vms, surface)) {
        t.ok(isDone, job)
        t.ok(calls <= maxCalls, `${job}: ${calls} calls`)
        t.ok(tokens <= maxTokens, `${job}: ${tokens} tokens`)
      }
    })
