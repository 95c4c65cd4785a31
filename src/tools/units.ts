const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Bytes for a reader: `4 GiB`, `1.5 TiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let step = 0
  while (Math.abs(value) >= 1024 && step < steps.length - 1) {
    value /= 1024
    step += 1
  }
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${steps[step]}`
}

/** Unix seconds as ISO 8601 text without fractions; `""` for HyperCore's 0, which means never. */
export const formatTime = (seconds: number): string =>
  seconds > 0 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : ''
