import t from 'tap'
import { KindPace } from '../../../../src/hypercore/transport/kind-pace.ts'

const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name })) as [Node, Node, Node]
interface Node {
  name: string
}

/** `a 300` of the usual request, `a 300 list` of another one; a number alone is ms that pass. */
interface Setup {
  pace: KindPace<Node>
  play: (...steps: (string | number)[]) => string[]
  /** Nodes asked after the others, then those that get one request at a time. */
  behind: () => string
  pass: (ms: number) => number
}

function setup(nodes: Node[] = [a, b, c], restMs = 15_000): Setup {
  const pace = new KindPace<Node>(() => nodes, { slowMs: 250, restMs })
  let now = 1000
  const named = (which: (node: Node) => boolean): string =>
    nodes
      .filter(which)
      .map(({ name }) => name)
      .join('')
  return {
    pace,
    pass: (ms) => (now += ms),
    behind: () => `${named((n) => pace.isSlow(n))}/${named((n) => pace.isReturning(n))}`,
    play: (...steps) =>
      steps.flatMap((step) => {
        if (typeof step === 'number') {
          now += step
          return []
        }
        const [name, ms, shape = 'one'] = step.split(' ')
        const node = nodes.find((each) => each.name === name)
        if (node === undefined) throw new Error(`No node ${name}`)
        now += 10
        return pace
          .observe(node, { shape, latencyMs: Number(ms) }, now)
          .map(({ change, node: which }) => `${which.name} ${change}`)
      })
  }
}

const times = (count: number, ...steps: string[]): string[] =>
  Array.from({ length: count }, () => steps).flat()

t.test('who is put behind the others, and who is not', async (t) => {
  const rows: [string, (string | number)[], string, string[]][] = [
    ['all are quick', times(5, 'a 20', 'b 30', 'c 25'), '/', []],
    ['some ms more do not matter', [...times(3, 'b 10'), ...times(5, 'a 90')], '/', []],
    ['nor does twice as long', [...times(3, 'b 240'), ...times(5, 'a 500')], '/', []],
    ['several times as long does', [...times(3, 'b 50'), ...times(3, 'a 310')], 'a/', ['a slow']],
    ['two may be chance', [...times(3, 'b 50'), ...times(2, 'a 310')], '/', []],
    ['in a row', [...times(3, 'b 50'), ...times(4, 'a 310', 'a 310', 'a 20')], '/', []],
    ['a neighbour that was asked once tells little', ['b 50', ...times(2, 'a 310')], '/', []],
    ['another question', [...times(3, 'b 50'), ...times(3, 'a 310 list')], 'a/', []],
    ['…which a neighbour responds to as late', [...times(3, 'a 310 list'), 'b 200 list'], '/', []],
    ['where all are slow, nobody', [...times(3, 'a 900', 'b 900', 'c 900')], '/', []],
    ['the two that are slow', times(3, 'c 40', 'a 900', 'b 900'), 'ab/', ['a slow', 'b slow']],
    ['unknown neighbours: it is only suspected', times(3, 'a 900'), 'a/', []],
    ['…and one of them shows that it is', [...times(3, 'a 900'), 'b 100'], 'a/', ['a slow']],
    ['…or that it is not', [...times(3, 'a 900'), 'b 900', 'c 900'], '/', []],
    ['the second is as slow, the third decides', [...times(3, 'a 900'), 'b 900'], 'ab/', []],
    ['…about both', [...times(3, 'a 900'), 'b 900', 'c 90'], 'ab/', ['a slow', 'b slow']],
    [
      'after a truce nobody is suspected',
      [...times(3, 'a 900'), 'b 900', 'c 900', ...times(9, 'a 900')],
      '/',
      []
    ],
    [
      'but who is known to be slower is judged',
      [...times(3, 'a 900'), 'b 900', 'c 900', 130_000, ...times(3, 'b 50'), ...times(3, 'a 900')],
      'a/',
      ['a slow']
    ],
    ['what was long ago', [...times(3, 'b 50'), 130_000, ...times(3, 'a 310')], 'a/', []]
  ]
  for (const [what, steps, behind, changes] of rows) {
    const { play, behind: are } = setup()
    t.same([play(...steps), are()], [changes, behind], what)
  }
})

t.test('a single node is never behind', async (t) => {
  const { play, behind, pace } = setup([a])
  play(...times(9, 'a 5000'))
  pace.suspect(a, { shape: 'one', latencyMs: 5000 }, 2000)
  t.equal(behind(), '/')
})

t.test('of two nodes that are slow, none', async (t) => {
  const { play, behind } = setup([a, b])
  t.same(play(...times(3, 'a 900'), 'b 900', ...times(9, 'a 900', 'b 900')), [])
  t.equal(behind(), '/')
})

t.test('one that did not respond in time is suspected at once', async (t) => {
  const { play, behind, pace, pass } = setup()
  pace.suspect(a, { shape: 'one', latencyMs: 10_000 }, pass(0))
  t.equal(behind(), 'a/')
  t.same(play('b 40'), ['a slow'])
})

t.test('a rest, a quick ping and one quick response bring it forward', async (t) => {
  const { play, behind, pace, pass } = setup()
  play(...times(3, 'b 50'), ...times(3, 'a 600'))
  t.notOk(pace.isRested(a, pass(14_000)))
  t.ok(pace.isRested(a, pass(1_000)))
  pace.reconsider(a, 200, pass(0))
  t.equal(behind(), 'a/', 'the ping came late')
  t.notOk(pace.isRested(a, pass(14_000)), 'and it rests again')
  t.ok(pace.isRested(a, pass(1_000)))
  pace.reconsider(a, 20, pass(0))
  t.equal(behind(), '/a')
  t.same(play('a 20 other'), [], 'another question says little')
  t.same(play('a 30'), ['a quick'])
  t.equal(behind(), '/')
})

t.test('several other questions will do', async (t) => {
  const { play, behind, pace, pass } = setup()
  play(...times(3, 'b 50'), ...times(3, 'a 600'))
  pace.reconsider(a, 20, pass(20_000))
  t.same(play('a 20 x', 'a 400 y', 'a 20 y'), [])
  t.same(play('a 20 z'), ['a quick'])
  t.equal(behind(), '/')
})

t.test('what is slow again stays behind twice as long, up to four minutes', async (t) => {
  const { play, behind, pace, pass } = setup()
  play(...times(3, 'b 50'), ...times(3, 'a 600'))
  for (const seconds of [15, 30, 60, 120, 240, 240]) {
    t.notOk(pace.isRested(a, pass(seconds * 1000 - 100)), `${seconds} s`)
    t.ok(pace.isRested(a, pass(100)))
    pace.reconsider(a, 20, pass(0))
    t.equal(behind(), '/a')
    play('a 600')
    t.equal(behind(), 'a/', 'one slow response is enough')
  }
  pace.reconsider(a, 20, pass(240_000))
  t.same(play('a 20'), ['a quick'])
  play(...times(3, 'b 50'), ...times(3, 'a 600'))
  t.notOk(pace.isRested(a, pass(200_000)), 'so soon after it came forward')
  pace.reconsider(a, 20, pass(40_000))
  play('a 20', 300_000, ...times(3, 'b 50'), ...times(3, 'a 600'))
  t.ok(pace.isRested(a, pass(15_000)), 'long after that it begins from the start')
})

t.test('where the others have become as slow, it comes forward', async (t) => {
  const { play, behind, pace, pass } = setup()
  play(...times(3, 'b 50'), ...times(3, 'a 600'))
  pace.reconsider(a, 20, pass(20_000))
  play(...times(3, 'b 500'))
  t.same(play('a 600'), ['a quick'])
  t.equal(behind(), '/')
})

t.test('a node that was removed is forgotten', async (t) => {
  const { play, pace } = setup()
  play(...times(3, 'b 50'), ...times(3, 'a 600'))
  pace.forget(a)
  t.notOk(pace.isSlow(a))
  pace.forget(b)
  t.same(play(...times(3, 'c 600')), [], 'and so is how fast it was')
  t.ok(pace.isSlow(c), 'which leaves it suspected')
})
