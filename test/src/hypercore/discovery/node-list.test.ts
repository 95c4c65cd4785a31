import t from 'tap'
import {
  compareNodeList,
  isPossibleOrigin,
  type KnownNodes,
  readNodeList
} from '../../../../src/hypercore/discovery/node-list.ts'

const address = (host: string): string => `https://10.20.0.${host}`

/** `a11 b12`: node a at 10.20.0.11, node b at .12. */
const nodes = (text: string): { uuid: string; origin: string }[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ uuid: word.slice(0, 1), origin: address(word.slice(1)) }))

const members = (text: string): Map<string, string> =>
  new Map(nodes(text).map(({ uuid, origin }) => [uuid, origin]))

const known = (text: string, homes = text): KnownNodes => ({
  members: members(text),
  homes: members(homes)
})

/** `11 12` are addresses; `n=13` is a name that stands for one, `n=` for none. */
const configured = (text: string): { origin: string; origins: string[] }[] =>
  text.split(' ').map((word) => {
    const [name = '', stands] = word.split('=')
    return stands === undefined
      ? { origin: address(name), origins: [address(name)] }
      : {
          origin: `https://${name}.example`,
          origins: stands === '' ? [] : [address(stands)]
        }
  })

t.test('what a list adds to the settings, and lacks of them', async (t) => {
  const none = known('')
  const rows: [string, string, string, KnownNodes, object][] = [
    ['all are there', '11 12', 'a11 b12', none, { further: [], missing: [] }],
    ['one joined', '11 12', 'a11 b12 c13', none, { further: [address('13')], missing: [] }],
    [
      'one is not there',
      '11 12',
      'a11',
      none,
      { further: [], missing: [{ origin: address('12') }] }
    ],
    [
      'one has moved',
      '11 12 13',
      'a11 b12 c99',
      known('a11 b12 c13'),
      { further: [address('99')], missing: [{ origin: address('13'), movedTo: address('99') }] }
    ],
    [
      'and is still there',
      '11 12 13',
      'a11 b12 c99',
      known('a11 b12 c99', 'a11 b12 c13'),
      { further: [address('99')], missing: [{ origin: address('13'), movedTo: address('99') }] }
    ],
    [
      'the only one of the settings has moved',
      '11',
      'a91 b12',
      known('a11 b12', 'a11'),
      {
        further: [address('91'), address('12')],
        missing: [{ origin: address('11'), movedTo: address('91') }]
      }
    ],
    ['a name stands for its address', '11 n=12', 'a11 b12', none, { further: [], missing: [] }],
    [
      'a name that is none of them may be any',
      '11 n=',
      'a11 b12',
      none,
      { doubt: "n.example stands for no address in the cluster's list" }
    ],
    [
      'reached by other addresses',
      '91 92',
      'a11 b12',
      none,
      {
        doubt:
          'the cluster knows itself by other addresses (10.20.0.11, 10.20.0.12) than SCALE_HOST has, ' +
          'as behind address translation'
      }
    ],
    [
      'a node that left knows itself alone',
      '11 12 13',
      'c13',
      known('a11 b12 c13'),
      { doubt: 'its list has 1 of the 3 nodes that are known' }
    ],
    [
      'from the start',
      '11 12 13',
      'c13',
      none,
      { doubt: 'its list has 1 of the 3 nodes that are known' }
    ]
  ]
  for (const [what, settings, list, before, expected] of rows)
    t.match(compareNodeList(configured(settings), nodes(list), before), expected, what)
  const ports = ['https://10.20.0.11:1', 'https://10.20.0.11:2'].map((origin) => ({
    origin,
    origins: [origin]
  }))
  t.same(compareNodeList(ports, nodes('a11'), none), {
    doubt: 'the nodes in SCALE_HOST have different ports'
  })
})

t.test('what is read of a list', async (t) => {
  const settings = ['https://10.20.0.11:8443']
  const read = (...lanIPs: unknown[]) =>
    readNodeList(
      lanIPs.map((lanIP, at) => ({ uuid: `u${at}`, lanIP })),
      settings
    ).map(({ origin }) => origin)
  t.same(read('10.20.0.11', '2001:db8::1'), [
    'https://10.20.0.11:8443',
    'https://[2001:db8::1]:8443'
  ])
  for (const never of [
    '',
    undefined,
    5,
    'node-3',
    'evil.example/x',
    '10.20.0.13:1',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    '169.254.169.254',
    'fe80::1',
    '127.0.0.1',
    '::1'
  ])
    t.same(read(never), [], String(never))
  t.same(read('10.20.0.13', '10.20.0.13'), [], 'two nodes at one address')
  for (const none of [undefined, null, {}, 'text', [null, 1, {}]])
    t.same(readNodeList(none, settings), [])
  const [loopback] = readNodeList([{ uuid: 'u', lanIP: '127.0.0.2' }], ['https://127.0.0.1:9'])
  t.equal(loopback?.origin, 'https://127.0.0.2:9', 'from loopback to loopback')
})

t.test('which origins a list could have had', async (t) => {
  const known = ['https://10.0.0.1:8443']
  t.ok(isPossibleOrigin('https://10.0.0.2:8443', known))
  for (const other of [
    'https://10.0.0.1:8443',
    'https://10.0.0.2',
    'http://10.0.0.2:8443',
    'https://admin@10.0.0.2:8443',
    'https://10.0.0.2:8443/path',
    'https://127.0.0.1:8443',
    'https://node-2:8443',
    'data:x',
    'nonsense'
  ])
    t.notOk(isPossibleOrigin(other, known), other)
})
