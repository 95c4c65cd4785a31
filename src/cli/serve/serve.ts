import { loadConfig } from '../../config/config.ts'
import { createLogger } from '../../config/log.ts'
import { Outgoing } from '../../lib/outgoing.ts'
import { packageVersion } from '../../lib/package-info.ts'
import { startBridge } from '../../server.ts'
import { catalogFileOf } from '../catalog-place.ts'
import { clusterOptions } from '../cluster-options.ts'
import type { Io } from '../io/io.ts'
import { listening } from '../io/listening.ts'
import { logDestination } from '../io/log-destination.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from '../settings.ts'
import { warnOfShortToken } from '../token.ts'

/** Runs the bridge with the settings of the environment and the settings file until it is stopped. */
export async function serve(io: Io, options: SettingsOptions): Promise<number> {
  const config = loadConfig((await openSettings(io, options)).env)
  const clusterConfig = withPathsFrom(io.cwd, config.cluster)
  warnOfShortToken(io, config.token)
  const cluster = await clusterOptions(clusterConfig)
  const outgoing = new Outgoing([...config.secrets, ...config.cluster.secrets])
  const logger = createLogger(config.logLevel, outgoing, logDestination(io.stdout))
  const bridge = await listening(
    () =>
      startBridge({
        config,
        cluster,
        logger,
        outgoing,
        catalogFile: catalogFileOf(io.cwd, clusterConfig)
      }),
    {
      host: config.host,
      port: config.port,
      choose: 'HOST, PORT'
    }
  )
  const lifetime = await io.untilStopped(() => bridge.close())
  io.stderr.say(
    `scale-bridge ${packageVersion} listens on ${bridge.url} for ${cluster.nodes.join(', ')}; its tools are shown at ${bridge.url}/docs`
  )
  return lifetime.ended
}
