import type { Simulator } from '../../src/simulator/simulator.ts'

/** Settings of a bridge in a process of its own, in front of a simulated cluster. */
export function clusterSettings({ urls, fingerprints, world }: Simulator): Record<string, string> {
  const { user, password } = world.options
  return {
    SCALE_HOST: urls.map((url) => new URL(url).host).join(','),
    SCALE_USERNAME: user,
    SCALE_PASSWORD: password,
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  }
}
