import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { formatTemplate } from '../../hypercore/tasks/task-outcome.ts'
import { isShuttingDown } from '../../hypercore/records/vm-state.ts'
import { daySeconds, percentOf } from '../../lib/text/units.ts'
import { isDisk } from './fields.ts'
import { quoteText } from '../../lib/text/quote.ts'

/** A VM without a snapshot for so long is worth a word. */
const snapshotDays = 7

/** A disk as full as this, as the cluster sees it, is worth a word. */
const fullPercent = 90

const wanted: Record<VirDomain['desiredDisposition'], VirDomain['state'][]> = {
  RUNNING: ['RUNNING', 'BLOCKED'],
  PAUSED: ['PAUSED'],
  SHUTOFF: ['SHUTOFF']
}

function ofState(vm: VirDomain): string[] {
  const { state, uiState, desiredDisposition } = vm
  const changing = uiState !== state ? [`changing: ${uiState}`] : []
  if (state === 'CRASHED') return ['crashed', ...changing]
  const goesOff = isShuttingDown(vm)
  const differs = changing.length === 0 && !goesOff && !wanted[desiredDisposition]?.includes(state)
  return [
    ...(state === 'PAUSED' ? ['paused'] : []),
    ...(state === 'BLOCKED' ? ['blocked: waits for its disk'] : []),
    ...(goesOff && uiState !== 'STOPPING' ? ['asked to shut down, not off yet'] : []),
    ...changing,
    ...(differs ? [`is ${state}, should be ${desiredDisposition}`] : [])
  ]
}

function ofSnapshots(vm: VirDomain, newest: VirDomainSnapshot | undefined): string[] {
  if (vm.snapUUIDs.length === 0) return ['no snapshot']
  if (newest === undefined) return []
  // oxlint-disable-next-line no-restricted-properties -- compared with the cluster's clock
  const days = Math.floor((Date.now() / 1000 - newest.timestamp) / daySeconds)
  return days > snapshotDays ? [`no snapshot for ${days} days`] : []
}

/** Each of a few; of many the first, and how many more there are. */
const inShort = (facts: string[], max = 4): string[] =>
  facts.length <= max
    ? facts
    : [...facts.slice(0, max - 1), `${facts.length - max + 1} more like this`]

const ofDisks = (vm: VirDomain): string[] =>
  vm.blockDevs.filter(isDisk).flatMap(({ type, slot, allocation, capacity }) => {
    const percent = percentOf(allocation, capacity)
    return percent >= fullPercent ? [`disk ${type} slot ${slot} is ${percent} % allocated`] : []
  })

const ofNetwork = (vm: VirDomain): string[] =>
  vm.netDevs
    .filter(({ connected }) => !connected)
    .map(({ macAddress }) => `network device ${macAddress} is disconnected`)

function ofLastTask({ latestTaskTag: task }: VirDomain): string[] {
  if (task?.state !== 'ERROR') return []
  const what = formatTemplate(task.formattedDescription, task.descriptionParameters)
  const why = formatTemplate(task.formattedMessage, task.messageParameters)
  return [
    `last task failed: ${what === '' ? `task ${task.taskTag}` : quoteText(what)}${why === '' ? '' : `: ${quoteText(why)}`}`
  ]
}

/** What an operator would look at: facts only, nothing that is as it should be. */
export const findWarnings = (
  vm: VirDomain,
  newestSnapshot: VirDomainSnapshot | undefined,
  replications: readonly { enable: boolean }[]
): string[] => [
  ...ofState(vm),
  ...ofLastTask(vm),
  ...inShort(ofDisks(vm)),
  ...inShort(ofNetwork(vm)),
  ...(vm.state === 'RUNNING' && vm.guestAgentState === 'UNAVAILABLE'
    ? ['guest agent does not respond']
    : []),
  ...(vm.numVCPU === 0 ? ['has no vCPU and cannot start'] : []),
  ...(replications.some(({ enable }) => !enable) ? ['replication is switched off'] : []),
  ...ofSnapshots(vm, newestSnapshot)
]
