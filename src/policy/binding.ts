import { createHash } from 'node:crypto'

/** What binds a plan: nothing else is carried out by it. */
export interface Binding {
  /** Hash of method, path, query and body of each. */
  request: string
  /** Hash of what the targets are: names, states, tags, snapshots, replication. */
  target: string
}

const hash = (value: string): string => createHash('sha256').update(value).digest('hex')

/** Tells two requests, or two states of their targets, apart. */
export const bindingOf = (request: string, target: string): Binding => ({
  request: hash(request),
  target: hash(target)
})
