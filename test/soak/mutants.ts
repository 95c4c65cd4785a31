import { openSync } from 'node:fs'
import { request } from 'node:https'
import { devNull } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { BridgeError } from '../../src/lib/errors/errors.ts'
import { tryAgain } from '../search/mutants.ts'

/*
 * Faults put into a running bridge on purpose, one for each thing that a soak looks for: a soak that does
 * not find them would prove nothing.
 */

/** What a soak finds, as its report calls it. */
export type Finding =
  | 'doubled'
  | 'misreported'
  | 'unaccounted'
  | 'wrong reads'
  | 'failed in peace'
  | 'leaks'
  | 'recovery'

export interface SoakMutant {
  /** Where the soak has to find it. */
  found: Finding
  /** In these words, where something else may be found there, too. */
  said?: RegExp
  apply(app: FastifyInstance): void
}

/** With each call of a tool. */
function onEachCall(app: FastifyInstance, act: () => void): void {
  const { metrics } = app
  const called = metrics.called.bind(metrics)
  metrics.called = (sample) => {
    act()
    called(sample)
  }
}

export const soakMutants = {
  'a lost reply is tried again': { found: 'doubled', apply: tryAgain },
  'what failed is said to be done': {
    found: 'misreported',
    apply({ hypercore: { tasks } }) {
      const follow = tasks.follow.bind(tasks)
      tasks.follow = async (taskTag, options) => {
        const outcome = await follow(taskTag, options)
        return outcome && { ...outcome, state: 'COMPLETE' }
      }
    }
  },
  'an entry of the ledger is lost': {
    found: 'unaccounted',
    said: /without an entry/,
    apply({ ledger: { store } }) {
      const put = store.putIfAbsent.bind(store)
      let entries = 0
      store.putIfAbsent = async (table, ...entry) => {
        const isLost = table === 'writes' && ++entries % 3 === 0
        return isLost ? { put: true } : put(table, ...entry)
      }
    }
  },
  'one read in fifty fails': {
    found: 'failed in peace',
    said: /: CLUSTER_UNREACHABLE /,
    apply({ hypercore }) {
      const request = hypercore.request.bind(hypercore)
      let reads = 0
      hypercore.request = (each) =>
        each.method === 'GET' && ++reads % 50 === 0
          ? Promise.reject(
              new BridgeError('CLUSTER_UNREACHABLE', 'The cluster could not be reached')
            )
          : request(each)
    }
  },
  'a list is kept for good': {
    found: 'wrong reads',
    apply({ hypercore }) {
      const request = hypercore.request.bind(hypercore)
      const kept = new Map<string, Awaited<ReturnType<typeof request>>>()
      hypercore.request = async (each) => {
        if (each.method !== 'GET' || !each.path.startsWith('/VirDomain')) return request(each)
        const response = kept.get(each.path) ?? (await request(each))
        kept.set(each.path, response)
        return response
      }
    }
  },
  'a session is left with each call': {
    found: 'leaks',
    apply(app) {
      const body = JSON.stringify({ username: 'admin', password: 'admin' })
      onEachCall(app, () => {
        const [first] = app.hypercore.traffic().nodes
        request(`https://${first?.node}/rest/v1/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-length': body.length },
          rejectUnauthorized: false,
          agent: false
        })
          .on('response', (response) => {
            // As the bridge says of each login whose response it has: it had the session.
            app.log.info('Logged in to the cluster')
            response.resume()
          })
          .on('error', () => undefined)
          .end(body)
      })
    }
  },
  'a descriptor is left with each call': {
    found: 'leaks',
    apply: (app) => onEachCall(app, () => void openSync(devNull, 'r'))
  },
  'a timer is left with each call': {
    found: 'leaks',
    apply: (app) => onEachCall(app, () => void setTimeout(() => undefined, 3_600_000).ref())
  },
  'a timer that keeps nothing alive is left with each call': {
    found: 'leaks',
    said: /^timers: /,
    apply: (app) => onEachCall(app, () => void setTimeout(() => undefined, 3_600_000).unref())
  },
  'memory is left with each call': {
    found: 'leaks',
    apply(app) {
      const held: string[][] = []
      onEachCall(
        app,
        () => void held.push(Array.from({ length: 40_000 }, (_, i) => `${i} ${held.length}`))
      )
    }
  },
  'a node that is back is not asked any more': {
    found: 'recovery',
    apply({ hypercore }) {
      const { sessions } = hypercore
      sessions.serves = () => Promise.resolve(false)
    }
  }
} as const satisfies Record<string, SoakMutant>

export type SoakMutantName = keyof typeof soakMutants

export const soakMutantNames = Object.keys(soakMutants) as SoakMutantName[]

export const isSoakMutant = (name: string): name is SoakMutantName =>
  Object.hasOwn(soakMutants, name)
