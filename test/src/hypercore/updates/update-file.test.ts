import t from 'tap'
import { readUpdateFile, type UpdateFile } from '../../../../src/hypercore/updates/update-file.ts'
import { combineFiles } from '../../../../src/hypercore/updates/update-state.ts'

const applied = (masterState: string, more: object = {}) => ({
  prepareStatus: { state: 'COMPLETE' },
  updateStatus: { masterState, ...more }
})

/** What a node serves, and what it means. */
const rows: [string, unknown, Partial<UpdateFile> | undefined][] = [
  ['first step', { prepareStatus: { state: 'BEGIN' } }, { phase: 'PREPARING', step: 'BEGIN' }],
  [
    'a step later versions may add',
    { prepareStatus: { state: 'Verify bundle' } },
    { phase: 'PREPARING' }
  ],
  ['between the two parts', { prepareStatus: { state: 'COMPLETE' } }, { phase: 'PREPARING' }],
  [
    'a new one while the last one still stands there',
    {
      prepareStatus: { state: 'DOWNLOAD RPMS' },
      updateStatus: { masterState: 'COMPLETE', percent: '100', toVersion: '9.4.1' }
    },
    { phase: 'PREPARING', percent: undefined, toVersion: undefined }
  ],
  [
    'one after a failed one',
    { prepareStatus: { state: 'BEGIN' }, updateStatus: { masterState: 'TERMINATING' } },
    { phase: 'PREPARING', step: 'BEGIN' }
  ],
  ['executing', applied('EXECUTING'), { phase: 'APPLYING', step: 'EXECUTING' }],
  [
    'in progress, numbers as text',
    applied('IN PROGRESS', {
      percent: '41',
      toBuild: '2',
      fromBuild: 1,
      status: { node: '10.0.0.1', statusdetails: 'Updating', usernotes: '' }
    }),
    {
      phase: 'APPLYING',
      percent: 41,
      fromBuild: '1',
      toBuild: '2',
      backplaneIP: '10.0.0.1',
      detail: 'Updating'
    }
  ],
  ['a word nobody knows', applied('REBOOTING'), { phase: 'APPLYING' }],
  [
    'prepare is an empty text',
    { ...applied('IN PROGRESS'), prepareStatus: '' },
    { phase: 'APPLYING' }
  ],
  ['over', applied('COMPLETE', { percent: '100' }), { phase: 'COMPLETE', percent: 100 }],
  [
    'over, prepare is an empty text',
    { ...applied('COMPLETE'), prepareStatus: '' },
    { phase: 'COMPLETE' }
  ],
  [
    'ended badly',
    applied('TERMINATING', { status: { statusdetails: 'Failed', usernotes: 'no space' } }),
    { phase: 'FAILED', step: 'TERMINATING', detail: 'Failed; no space' }
  ],
  ['prepared badly', { prepareStatus: { state: 'FAILED' } }, { phase: 'FAILED' }],
  ['both parts empty texts', { prepareStatus: '', updateStatus: '' }, { phase: 'UNKNOWN' }],
  ['nothing in it', {}, { phase: 'UNKNOWN' }],
  ['percent that is none', applied('EXECUTING', { percent: 'most' }), { percent: undefined }],
  ['percent out of range', applied('EXECUTING', { percent: '900' }), { percent: 100 }],
  ['a list', [], undefined]
]

t.test('each state of the file is read', (t) => {
  for (const [name, file, means] of rows) {
    const read = readUpdateFile(JSON.stringify(file))
    if (means === undefined) t.equal(read, undefined, name)
    else
      for (const [field, value] of Object.entries(means))
        t.equal(read?.[field as keyof UpdateFile], value, `${name}: ${field}`)
  }
  for (const text of ['', '<html>', '{"prepareStatus"', 'null', '3'])
    t.equal(readUpdateFile(text), undefined, text)
  t.equal(
    readUpdateFile(JSON.stringify(applied('X', { status: { usernotes: 'x'.repeat(9999) } })))
      ?.detail?.length,
    300
  )
  t.end()
})

t.test('the copies of several nodes are one update', (t) => {
  const at = (phase: UpdateFile['phase'], more: Partial<UpdateFile> = {}): UpdateFile => ({
    phase,
    ...more
  })
  const of = (...files: UpdateFile[]) => combineFiles(files)
  t.equal(of(), undefined)
  t.equal(of(at('UNKNOWN')), undefined)
  t.match(of(at('NONE'), at('PREPARING')), { phase: 'PREPARING' }, 'one leads')
  t.match(
    of(at('APPLYING', { percent: 10 }), at('APPLYING', { percent: 41 }), at('PREPARING')),
    { percent: 41 },
    'the one that is ahead'
  )
  t.match(
    of(at('COMPLETE', { toBuild: '2' }), at('APPLYING', { toBuild: '2', percent: 90 })),
    { phase: 'COMPLETE' },
    'an older copy keeps nothing going'
  )
  t.match(
    of(at('COMPLETE', { toBuild: '1' }), at('APPLYING', { toBuild: '2' })),
    { phase: 'APPLYING' },
    'another update does'
  )
  t.match(of(at('COMPLETE'), at('FAILED'), at('NONE')), { phase: 'FAILED' })
  t.end()
})
