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
 * The boot and the pid namespace in which a pid is unique: two containers with one host name both have a
 * pid 1. Empty where the system has neither.
 */
export function processSpace(): string {
  space ??= find()
  return space
}
