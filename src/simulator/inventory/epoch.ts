/**
 * The moment the times of the seeded facts are relative to, in Unix seconds: 2026-11-01 00:00:00
 * UTC. Fixed, so that a seed yields the same cluster every day.
 */
export const epochSeconds = Date.UTC(2026, 10, 1) / 1000

export const minute = 60
export const hour = 3600
export const day = 86400
export const GiB = 1024 ** 3
