import * as fc from 'fast-check'
import t from 'tap'
import type { VirDomain } from '../../../src/hypercore/records/records.ts'
import { OthersVms } from '../../../src/policy/others-vms.ts'

const [own, other, disk] = [
  '11111111-1111-4111-8111-111111111111',
  '22222222-2222-4222-8222-222222222222',
  '33333333-3333-4333-8333-333333333333'
]

const vm = (uuid: string, disks: string[] = []): VirDomain =>
  ({
    uuid,
    name: uuid,
    blockDevs: disks.map((each) => ({ uuid: each })),
    netDevs: [],
    snapUUIDs: [],
    replicationUUIDs: []
  }) as unknown as VirDomain

const others = new OthersVms([vm(own)], [vm(other, [disk])])

const text = fc.oneof(
  fc.constantFrom(own, other, disk, other.toUpperCase(), `at ${disk}!`, `x${other}`, '', 'web-01'),
  fc.string()
)

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('tree'), { maxKeys: 5 })
  )
}))

const isTold = (value: string): boolean => {
  const words = value.toLowerCase().match(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g) ?? []
  return words.some((word) => word === other || word === disk)
}

const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []

t.test('no id of another VM is left, and what holds none stays the same object', async (t) => {
  fc.assert(
    fc.property(tree, (value) => {
      const shown = others.withoutIds(value)
      if (textsIn(shown).some(isTold)) return false
      return textsIn(value).some(isTold) ? shown !== value : shown === value
    }),
    { numRuns: 2000 }
  )
  t.same(others.withoutIds([{ mounts: [{ vm: other }, { vm: own }], at: disk, of: own }]), [
    { mounts: [{ vm: own }], at: '', of: own }
  ])
})
