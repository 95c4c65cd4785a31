import { Type } from '@sinclair/typebox'
import { CommaWords, Name } from '../schemas.ts'

/** What tools take of a VM that is created or changed. */

export const mebibyte = 1024 ** 2

export const VmName = Name('its name')

/**
 * Memory in bytes. Not whole MiB are taken by the cluster, and some versions then misbehave (FACTS 5.4,
 * O); no guest boots with less than 64 MiB, and who gives less thinks in another unit.
 */
export const Memory = Type.Integer({
  minimum: 64 * mebibyte,
  multipleOf: mebibyte,
  description: 'bytes, or text with a unit',
  'x-hide-range': true,
  'x-bytes': true,
  'x-hint': '4 GiB is 4294967296; no guest boots with less than 64 MiB',
  'x-example': '4294967296',
  'x-misnomers': '^(?:mem|memory|ram)(?:size)?(?:in)?[kmgt]i?b?$'
})

export const VcpuCount = Type.Integer({
  minimum: 1,
  maximum: 512,
  'x-hide-range': true,
  description: 'vCPUs'
})

export const Tags = CommaWords('comma-separated')
