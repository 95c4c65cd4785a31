/**
 * The moment the seeded facts are told from, in Unix seconds: 2026-11-01 00:00:00 UTC. Fixed, so
 * that one seed gives the same cluster on every day.
 */
export const epochSeconds = Date.UTC(2026, 10, 1) / 1000

export const minute = 60
export const hour = 3600
export const day = 86400
export const GiB = 1024 ** 3
