import { readFileSync, readlinkSync } from 'node:fs'

function find(): string {
  // Elsewhere a machine has one.
  if (process.platform !== 'linux') return process.platform
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return ''
  }
}

/**
 * The boot and the pid namespace in which the pid of this process is unique: two containers with one host
 * name both have a pid 1. Empty where it cannot be found out.
 */
export const processSpace: string = find()
