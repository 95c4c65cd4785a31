import type { TestBridge } from './bridge.ts'

export interface ReadingCall {
  tool: string
  args: Record<string, unknown>
}

/** Every tool that reads, called as simply as it can be, once for a full list, too. */
export function readingCalls(bridge: TestBridge): ReadingCall[] {
  const [vm] = bridge.simulator.world.state.virDomains.values()
  const vmUUID = vm?.uuid
  const needed: Record<string, Record<string, unknown>> = {
    fetch_vm: { name: 'a' },
    getVM_details: { vmUUID },
    getVM_sysStats: { vmUUID },
    taskTagStatusFilter: { taskTag: vm?.latestTaskTag.taskTag },
    waitTask: { taskTag: vm?.latestTaskTag.taskTag, wait: 0 },
    query_api: { query: 'take a snapshot every night' }
  }
  return [...bridge.app.tools.values()]
    .filter(({ annotations }) => annotations.readOnlyHint && !annotations.openWorldHint)
    .flatMap(({ name, input }) => {
      const args = needed[name] ?? {}
      const calls = [{ tool: name, args }]
      return 'max_tokens' in input.properties
        ? [...calls, { tool: name, args: { ...args, detail: 'full' } }]
        : calls
    })
}
