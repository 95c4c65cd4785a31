import type { SimulatorOptions } from '../options.ts'
import { isAtLeast } from '../version-order.ts'
import type { Guest } from '../state.ts'
import { heedsAcpi } from './boot.ts'

/** What a version does (FACTS 5.4: O, and 24: medium). */
function ofVersion(version: string): 'always' | 'with-guest' | 'never' {
  if (isAtLeast(version, '9.6') || !isAtLeast(version, '9.2')) return 'always'
  const never = isAtLeast(version, '9.2.13') && !isAtLeast(version, '9.3.2')
  return never ? 'never' : 'with-guest'
}

/** Whether a VIRTIO disk comes out of a running VM. */
export function releasesVirtioDisk(
  { virtioUnplug, version }: Pick<SimulatorOptions, 'virtioUnplug' | 'version'>,
  guest: Guest
): boolean {
  const rule = virtioUnplug === 'by-version' ? ofVersion(version) : virtioUnplug
  return rule === 'always' || (rule === 'with-guest' && heedsAcpi(guest))
}
