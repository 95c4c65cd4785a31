import t from 'tap'
import { setInJson } from '../../../../src/cli/connect/json-edit.ts'

const entry = { command: 'node', args: ['a'] }

t.test('what is added takes the layout of the file', async (t) => {
  const cases: [string, string, string][] = [
    [
      'nothing yet',
      '{}\n',
      '{\n  "servers": {\n    "x": {\n      "command": "node",\n      "args": [\n        "a"\n      ]\n    }\n  }\n}\n'
    ],
    [
      'tabs, and another server',
      '{\n\t"servers": {\n\t\t"y": {"command":   "old"}\n\t},\n\t"theme": "dark"\n}',
      '{\n\t"servers": {\n\t\t"y": {"command":   "old"},\n\t\t"x": {\n\t\t\t"command": "node",\n\t\t\t"args": [\n\t\t\t\t"a"\n\t\t\t]\n\t\t}\n\t},\n\t"theme": "dark"\n}'
    ],
    [
      'an empty object inside',
      '{\n    "theme": "dark",\n    "servers": {}\n}\n',
      '{\n    "theme": "dark",\n    "servers": {\n        "x": {\n            "command": "node",\n            "args": [\n                "a"\n            ]\n        }\n    }\n}\n'
    ],
    [
      'one line',
      '{"n":1.0e2,"servers":{"y":{}}}',
      '{"n":1.0e2,"servers":{"y":{},"x":{"command":"node","args":["a"]}}}'
    ],
    [
      'line ends of Windows',
      '{\r\n  "theme": "dark"\r\n}\r\n',
      '{\r\n  "theme": "dark",\r\n  "servers": {\r\n    "x": {\r\n      "command": "node",\r\n      "args": [\r\n        "a"\r\n      ]\r\n    }\r\n  }\r\n}\r\n'
    ],
    [
      'an older entry is replaced where it stands',
      '{ "servers": {\n  "x": {"command": "}\\"{"},\n  "y": [1, {"x": null}] } }',
      '{ "servers": {\n  "x": {\n    "command": "node",\n    "args": [\n      "a"\n    ]\n  },\n  "y": [1, {"x": null}] } }'
    ],
    [
      'of two with one name the last counts',
      '{"servers": {"x": 1, "x": 2}}',
      '{"servers": {"x": 1, "x": {"command":"node","args":["a"]}}}'
    ]
  ]
  for (const [name, before, after] of cases)
    t.equal(setInJson(before, ['servers', 'x'], entry), after, name)
  t.equal(setInJson('[1,\n 2]', [2], 'c'), '[1,\n 2,\n "c"]')
  t.equal(setInJson(' [ 1, [2, "]"] ] ', [1], 'c'), ' [ 1, "c" ] ')
})

/** The same numbers on every run, from 0 to below 1. */
function* numbers(): Generator<number, never> {
  for (let seed = 42; ;) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    yield seed / 2 ** 31
  }
}

t.test('any document: the value is there, and everything else as it was', async (t) => {
  const random = numbers()
  const below = (n: number): number => Math.floor(random.next().value * n)
  const words = [
    '',
    'a',
    'x"y',
    '{',
    ']}',
    '\\',
    'ü\n',
    ':,',
    '__proto__',
    'hypercore',
    'mcpServers'
  ]
  const word = (): string => words[below(words.length)] ?? ''
  const blank = (): string => ['', ' ', '\n', '\r\n\t', '  \n   '][below(5)] ?? ''
  /** A JSON text with blanks anywhere. */
  function text(depth: number): string {
    const kind = below(depth > 3 ? 4 : 7)
    if (kind < 4) return [JSON.stringify(word()), '-1.50E+3', 'true', 'null'][kind] ?? ''
    const count = below(4)
    if (kind === 4)
      return `[${blank()}${Array.from({ length: count }, () => `${text(depth + 1)}${blank()}`).join(`,${blank()}`)}]`
    return object(depth, Array.from({ length: count }, word))
  }
  function object(depth: number, keys: string[]): string {
    const members = keys.map(
      (key) => `${JSON.stringify(key)}${blank()}:${blank()}${text(depth + 1)}${blank()}`
    )
    return `{${blank()}${members.join(`,${blank()}`)}}`
  }

  for (let i = 0; i < 3000; i++) {
    const names = Array.from({ length: below(4) }, word).filter((key) => key !== 'mcpServers')
    const servers = object(1, Array.from({ length: below(4) }, word))
    const members = names.map((key) => `${JSON.stringify(key)}:${blank()}${text(1)}`)
    if (below(4) > 0)
      members.splice(below(members.length + 1), 0, `"mcpServers":${blank()}${servers}`)
    const before = `${blank()}{${blank()}${members.join(`${blank()},${blank()}`)}${blank()}}${blank()}`
    const after = setInJson(before, ['mcpServers', 'hypercore'], entry)

    const wanted = JSON.parse(before)
    wanted.mcpServers = { ...wanted.mcpServers, hypercore: entry }
    const got = JSON.parse(after)
    if (plain(sorted(got)) !== plain(sorted(wanted))) return t.equal(after, '', before)
    const again = setInJson(after, ['mcpServers', 'hypercore'], entry)
    if (plain(JSON.parse(again)) !== plain(got)) return t.equal(again, after, 'and again')
    // One stretch was put in or replaced: what is left and right of it is the same text.
    let left = 0
    while (left < before.length && before[left] === after[left]) left++
    let right = 0
    while (right < before.length - left && before.at(-1 - right) === after.at(-1 - right)) right++
    const gone = before.slice(left, before.length - right)
    const had = /"hypercore"/.test(servers) && before.includes(servers)
    if (!had && gone !== '' && !/^\s+$/.test(gone))
      return t.fail(`lost ${JSON.stringify(gone)} of ${before}`)
  }
  return t.pass('3000 documents')
})

// `__proto__` is an own member of what is parsed, and stays one.
const plain = (value: unknown): string => JSON.stringify(value)

/** Members in the order of their names: a new one may stand before or behind another. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => [key, sorted(each)])
}

t.test('comments and trailing commas stay where they are', async (t) => {
  const cases: [string, string, string][] = [
    [
      'behind the last entry',
      '{\n  // servers of mine\n  "servers": {\n    "y": 1 // the old one\n  }\n}\n',
      '{\n  // servers of mine\n  "servers": {\n    "y": 1, // the old one\n    "x": 2\n  }\n}\n'
    ],
    [
      'behind a trailing comma',
      '{\n  "servers": {\n    "y": 1, // the old one\n  },\n}\n',
      '{\n  "servers": {\n    "y": 1, // the old one\n    "x": 2\n  },\n}\n'
    ],
    [
      'a trailing comma alone',
      '{\n  "servers": {\n    "y": 1,\n  },\n}\n',
      '{\n  "servers": {\n    "y": 1,\n    "x": 2,\n  },\n}\n'
    ],
    [
      'in an empty object',
      '{\n  "servers": {\n    // none yet\n  }\n}\n',
      '{\n  "servers": {\n    // none yet\n    "x": 2\n  }\n}\n'
    ],
    [
      'before the value that is replaced',
      '{\n  "servers": {\n    /* } */ "x": /* { */ {"a": 1} // old\n  }\n}\n',
      '{\n  "servers": {\n    /* } */ "x": /* { */ 2 // old\n  }\n}\n'
    ],
    ['on one line', '{"servers": {"y": 1 /* old */}}', '{"servers": {"y": 1,"x":2 /* old */}}']
  ]
  for (const [name, before, after] of cases)
    t.equal(setInJson(before, ['servers', 'x'], 2), after, name)
  t.throws(() => setInJson('', ['servers'], 2), SyntaxError)
})
