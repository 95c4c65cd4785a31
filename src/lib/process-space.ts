import { readFileSync, readlinkSync } from 'node:fs'

let space: string | undefined

function find(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return ''
  }
}

/**
 * Among which processes a pid means this one: those of a container count from 1, whatever the name of
 * their machine is. Empty where the system has no such thing.
 */
export function processSpace(): string {
  space ??= find()
  return space
}
