import { everyAddressNote } from '../../config/bridge-url.ts'
import { loadConfig } from '../../config/config.ts'
import { createLogger } from '../../config/log.ts'
import { Outgoing } from '../../lib/secrets/outgoing.ts'
import { insecureTlsWarning, settingsWarnings } from '../../config/warnings.ts'
import { TokenFile } from '../../identity/token-file.ts'
import { listensOn, reportCluster, type RunningBridge, startBridge } from '../../server.ts'
import { auditFilesOf } from '../audit-files.ts'
import { catalogFileOf } from '../catalog-path.ts'
import { lastingClusterOptions } from '../cluster-options.ts'
import type { Io } from '../io/io.ts'
import { listening } from '../io/listening.ts'
import { logDestination } from '../io/log-destination.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from '../settings.ts'

/** Runs the bridge with the settings of the environment and the settings file until it is stopped. */
export async function serve(io: Io, options: SettingsOptions): Promise<number> {
  const { file, env } = await openSettings(io, options)
  const config = loadConfig(env)
  const clusterConfig = withPathsFrom(io.cwd, config.cluster)
  const cluster = await lastingClusterOptions(io, options, clusterConfig, env)
  const outgoing = new Outgoing([...config.secrets, ...config.cluster.secrets])
  const logger = createLogger(config.logLevel, outgoing, await logDestination(io.stdout))
  const insecure = insecureTlsWarning(clusterConfig.tlsMode)
  const warnings = await settingsWarnings(file, env)
  for (const warning of [...warnings, ...(insecure === undefined ? [] : [insecure])])
    logger.warn(warning)
  let starting: Promise<RunningBridge> | undefined
  // Before it listens, and says so: a supervisor that reads that may stop it at once.
  const lifetime = await io.untilStopped(async () => {
    const bridge = await starting?.catch(() => undefined)
    await bridge?.close()
  })
  starting = listening(
    () =>
      startBridge(
        {
          config,
          cluster,
          logger,
          outgoing,
          catalogFile: catalogFileOf(io.cwd, clusterConfig),
          store: clusterConfig.store,
          tokens: new TokenFile(clusterConfig.tokensFile, logger),
          audit: auditFilesOf(clusterConfig)
        },
        { connects: true }
      ),
    {
      host: config.host,
      port: config.port,
      choose: 'HOST, PORT'
    }
  )
  const bridge = await starting
  void reportCluster(bridge.app)
  // Else it is in the log.
  if (!logger.isLevelEnabled('info')) {
    io.stderr.say(listensOn(bridge.url, cluster.nodes))
    const everyAddress = everyAddressNote(config.host)
    if (everyAddress !== undefined) io.stderr.say(everyAddress)
  }
  return lifetime.ended
}
