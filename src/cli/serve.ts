import { loadConfig } from '../config/config.ts'
import { createLogger } from '../config/log.ts'
import { Outgoing } from '../lib/outgoing.ts'
import { packageVersion } from '../lib/package-info.ts'
import { startBridge } from '../server.ts'
import { catalogFileOf } from './catalog-place.ts'
import { clusterOptions } from './cluster-options.ts'
import { readEnvFile, settingsOf } from '../config/env-file.ts'
import { listening } from './io/listening.ts'
import { closeOnSignal } from './io/shutdown.ts'
import { notes } from './io/terminal.ts'
import { warnOfShortToken } from './token.ts'

/** Runs the bridge with the settings of the environment and `.env` until it is told to stop. */
export async function serve(): Promise<void> {
  const config = loadConfig(settingsOf(await readEnvFile()))
  warnOfShortToken(config.token)
  const cluster = await clusterOptions(config.cluster)
  const outgoing = new Outgoing([...config.secrets, ...config.cluster.secrets])
  const logger = createLogger(config.logLevel, outgoing)
  const bridge = await listening(
    () =>
      startBridge({
        config,
        cluster,
        logger,
        outgoing,
        catalogFile: catalogFileOf(config.cluster)
      }),
    {
      host: config.host,
      port: config.port,
      choose: 'HOST, PORT'
    }
  )
  closeOnSignal(() => bridge.close())
  notes.line(
    `scale-bridge ${packageVersion} listens on ${bridge.url} for ${cluster.nodes.join(', ')}; its tools are shown at ${bridge.url}/docs`
  )
}
