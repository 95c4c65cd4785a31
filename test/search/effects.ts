import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Effect } from '../../src/lib/effect.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'

/*
 * What a request does, read from the table that people read, test/src/catalog/effects/golden.txt, and from
 * nothing else: the search must not judge by what it looks for faults in.
 */

interface Row {
  method: string
  path: RegExp
  /** Of an ordinary body. */
  effect: Effect
  /** `name`, or `[].actionType="STOP"` where the value decides. */
  places: Map<string, Effect>
}

const gravity: readonly Effect[] = ['read', 'change', 'interrupt', 'lose', 'egress', 'control']

const graver = (one: Effect, other: Effect): Effect =>
  gravity.indexOf(one) >= gravity.indexOf(other) ? one : other

function readTable(): Row[] {
  const rows: Row[] = []
  const file = join(packageRoot, 'test/src/catalog/effects/golden.txt')
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const [, method, path, effect] = /^([A-Z]+) (\S+): (\w+)$/.exec(line) ?? []
    if (method !== undefined && path !== undefined) {
      const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
      rows.push({ method, path: pattern, effect: effect as Effect, places: new Map() })
      continue
    }
    const [, own, places = ''] = /^ {2}(\w+): (.*)$/.exec(line) ?? []
    for (const place of places.split(' ')) rows.at(-1)?.places.set(place, own as Effect)
  }
  return rows
}

const table = readTable()

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function effectAt(places: Row['places'], place: string, value: unknown): Effect {
  const text = JSON.stringify(value)
  const named = typeof value === 'string' && uuid.test(value) ? '"uuid"' : text
  return (
    places.get(place) ??
    places.get(`${place}=${named}`) ??
    (typeof value === 'string' ? places.get(`${place}="text"`) : undefined) ??
    // What the table does not know is the most severe.
    'control'
  )
}

function effectOfBody(places: Row['places'], body: unknown, way: string): Effect {
  if (Array.isArray(body)) {
    const list = way === '' ? '[]' : `${way}[]`
    return (body as unknown[])
      .map((item) => effectOfBody(places, item, list))
      .reduce(graver, 'read')
  }
  if (typeof body !== 'object' || body === null) return 'read'
  return Object.entries(body)
    .map(([name, value]) => {
      const place = way === '' ? name : `${way}.${name}`
      return graver(effectAt(places, place, value), effectOfBody(places, value, place))
    })
    .reduce(graver, 'read')
}

/** The effect of a request, by the table alone. */
export function effectByTable(method: string, path: string, body: unknown): Effect {
  const fitting = table.filter((row) => row.method === method && row.path.test(path))
  const row = fitting.find(({ path: { source } }) => !source.includes('[^/]+')) ?? fitting[0]
  if (row === undefined) return 'control'
  const ofBody = effectOfBody(row.places, body, '')
  // An action is what its items say; others are at least what they are with an ordinary body.
  return Array.isArray(body) ? ofBody : graver(row.effect, ofBody)
}
