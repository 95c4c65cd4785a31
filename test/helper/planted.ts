import type { Test } from 'tap'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Said, waysOut } from './ways-out.ts'

/** Puts texts wherever people can put any in a cluster, each somewhere at least. */
export function plant({ world }: Simulator, texts: readonly string[]): void {
  const { state } = world
  let next = 0
  const text = (): string => texts[next++ % texts.length] ?? ''
  for (const vm of state.virDomains.values())
    Object.assign(vm, { name: text(), description: text(), tags: text() })
  for (const snapshot of state.snapshots.values()) {
    snapshot.label = text()
    snapshot.domain = { ...snapshot.domain, name: text(), description: text() }
  }
  for (const iso of state.isos.values()) iso.name = text()
  for (const disk of state.virtualDisks.values()) disk.name = text()
  for (const user of state.users.values()) user.fullName = text()
  for (const role of state.roles.values()) role.description = text()
  for (const condition of state.conditions) condition.description = text()
  for (const schedule of state.snapshotSchedules.values()) schedule.name = text()
  for (const replication of state.replications.values()) replication.label = text()
  for (const task of world.tasks.list())
    Object.assign(task, { descriptionParameters: [text()], messageParameters: [text()] })
  state.cluster.clusterName = text()
}

/** Every way was taken: what is not there proves nothing. */
export function everyWay(t: Test, said: readonly Said[]): void {
  const taken = new Set(said.map(({ way }) => way))
  t.same(
    waysOut.filter((way) => !taken.has(way)),
    [],
    'every way out was taken'
  )
}

/** What was to be changed did come to be said, nearly everywhere. */
export function shows(t: Test, said: readonly Said[], text: string): void {
  const ways = waysOut.filter((way) =>
    said.some((each) => each.way === way && each.text.includes(text))
  )
  t.ok(ways.length >= waysOut.length - 2, `${text} came by ${ways.join(', ')}`)
}
