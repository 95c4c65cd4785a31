import type {
  VirDomain,
  VirDomainBlockDevice,
  VirDomainStats
} from '../../hypercore/records/records.ts'
import type { Handlers, World } from '../handler.ts'
import { noise } from '../noise.ts'
import { holdsData } from '../vms/block-devices.ts'
import { readHandlers } from './records.ts'

type VsdStats = VirDomainStats['vsdStats'][number]

/** A reading around `usual`, up to 40 % away from it, that moves every ten seconds. */
type Reading = (name: string, usual: number) => number

/** The part of the load a device carries: firmware settings and keys are hardly ever touched. */
function share({ type, slot }: VirDomainBlockDevice): number {
  if (type === 'NVRAM' || type === 'VTPM') return 0
  return slot === 0 ? 1 : 0.5
}

const kibibytes = (milliRate: number, size: number): number =>
  Math.round((milliRate / 1000) * (size / 1024))

function diskStats(device: VirDomainBlockDevice, reading: Reading, load: number): VsdStats {
  const whole = (name: string, usual: number): number =>
    Math.round(reading(`${device.uuid} ${name}`, usual))
  const millireadsPerSecond = whole('reads', load * 60_000)
  const milliwritesPerSecond = whole('writes', load * 90_000)
  const busy = load > 0
  const meanReadSizeBytes = busy ? whole('read size', 32_768) : 0
  const meanWriteSizeBytes = busy ? whole('write size', 24_576) : 0
  return {
    uuid: device.uuid,
    rates: [
      {
        decaySeconds: 10,
        millireadsPerSecond,
        milliwritesPerSecond,
        readKibibytesPerSecond: kibibytes(millireadsPerSecond, meanReadSizeBytes),
        writeKibibytesPerSecond: kibibytes(milliwritesPerSecond, meanWriteSizeBytes),
        meanReadSizeBytes,
        meanWriteSizeBytes,
        meanReadLatencyMicroseconds: busy ? whole('read latency', 400 + 900 * load) : 0,
        meanWriteLatencyMicroseconds: busy ? whole('write latency', 900 + 1800 * load) : 0
      }
    ]
  }
}

/**
 * What a VM does at the moment (FACTS 10): the same for the same seed and ten seconds of cluster
 * time, zeros for one that does not run.
 */
function statsOf({ state, options, clock }: World, vm: VirDomain): VirDomainStats {
  const load = vm.state === 'RUNNING' ? (state.guests.get(vm.uuid)?.load ?? 0) : 0
  const nowMs = clock.milliseconds() * options.speed
  const reading: Reading = (name, usual) =>
    usual * (1 + 0.4 * noise(options.seed, `${vm.uuid} ${name}`, nowMs))
  return {
    uuid: vm.uuid,
    vsdStats: vm.blockDevs
      .filter(holdsData)
      .map((device) => diskStats(device, reading, load * share(device))),
    cpuUsage: Math.round(100 * Math.min(100, reading('cpu', 100 * load))) / 100,
    rxBitRate: Math.round(reading('rx', load * 4_000_000)),
    txBitRate: Math.round(reading('tx', load * 2_500_000))
  }
}

/** Live statistics of the VMs (FACTS 10). */
export const statsHandlers: Handlers = readHandlers(
  '/VirDomainStats',
  ({ world }) => [...world.state.virDomains.values()].map((vm) => statsOf(world, vm)),
  'virDomainUUID'
)
