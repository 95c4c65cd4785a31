// Loaded into every process that is measured: says what it has cost so far when it is asked.
const counts = Symbol.for('bench.counts')

process.on('message', (message) => {
  if (message !== 'cost') return
  const { user, system } = process.cpuUsage()
  process.send({
    cost: {
      cpuMs: (user + system) / 1000,
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      peakMiB: process.resourceUsage().maxRSS / 1024,
      ...globalThis[counts]
    }
  })
})
process.channel?.unref()
