import t from 'tap'
import { conceptAt } from '../../../../src/catalog/search/concepts.ts'
import { askingClause, intentsOf } from '../../../../src/catalog/search/intent.ts'
import { joinPhrasalVerbs } from '../../../../src/catalog/search/phrasal-verbs.ts'
import { Spelling, typingDistance } from '../../../../src/catalog/search/spelling.ts'
import { tokensOfText } from '../../../../src/catalog/search/tokens.ts'
import { stem, wordsOf } from '../../../../src/catalog/search/words.ts'

const joined = (text: string): string => joinPhrasalVerbs(text.split(' ')).join(' ')

/** The strongest intent of a question. */
const strongest = (question: string): string | undefined =>
  Object.entries(intentsOf(wordsOf(question))).toSorted(([, a], [, b]) => b - a)[0]?.[0]

t.test('names are split where their case changes', async (t) => {
  t.same(wordsOf('VirDomainNetDevice'), ['vir', 'domain', 'net', 'device'])
  t.same(wordsOf('snapUUID'), ['snap', 'uuid'])
  t.same(wordsOf('isRESTAPIEnabled'), ['is', 'restapi', 'enabled'])
  t.same(wordsOf('numVCPU'), ['num', 'vcpu'])
  t.same(wordsOf('all VMs and NICs'), ['all', 'vms', 'and', 'nics'])
  t.same(wordsOf("the VM's é-mail"), ['the', 'vm', 'e', 'mail'])
  t.same(wordsOf(' .?! '), [])
})

t.test('forms of one word share a stem', async (t) => {
  for (const forms of [
    'replicate replicated replicates replicating replication replications',
    'migrate migrated migrating migration',
    'snapshot snapshots',
    'policy policies',
    'switch switches',
    'stop stopped stopping stops',
    'create created creating creates',
    'keep kept keeping'
  ])
    t.equal(new Set(forms.split(' ').map(stem)).size, 1, forms)
  for (const word of ['dns', 'iso', 'address', 'status', 'is', 'this']) t.equal(stem(word), word)
  t.not(stem('import'), stem('export'))
})

t.test('other words mean the same thing', async (t) => {
  const vm = tokensOfText('list the virtual machines')
  for (const text of ['list guests', 'list VMs', 'list instances', 'list VirDomain'])
    t.same(tokensOfText(text), vm, text)
  t.same(tokensOfText('mail server'), ['smtp'], 'a phrase wins over its words')
  t.equal(conceptAt(['tim', 'zon', 'x'], 0)?.concept, 'timezone')
  t.equal(conceptAt(['nothing'], 0), undefined)
  t.equal(conceptAt([], 3), undefined)
})

t.test('verbs and their particles come together', async (t) => {
  t.equal(joined('turn the old vm off'), 'turn off the old vm')
  t.equal(joined('bring the server back up'), 'bring up the server')
  t.equal(joined('shut it down now'), 'shut down it now')
  t.equal(joined('power off'), 'power off')
  t.equal(joined('put a disk on the ssd tier'), 'put a disk on the ssd tier', 'a place')
  t.equal(joined(''), '')
})

t.test('typing errors', async (t) => {
  t.equal(typingDistance('snapshto', 'snapshot', 2), 1, 'swapped letters are one error')
  t.equal(typingDistance('abc', 'abc', 0), 0)
  t.equal(typingDistance('abc', 'xyz', 2), Infinity)
  t.equal(typingDistance('a', 'abcd', 2), Infinity)
  const spelling = new Spelling(['delete', 'replication'], ['delta', 'snapshot', 'nic', 'vm'])
  t.equal(spelling.correct('snapshto'), 'snapshot')
  t.equal(spelling.correct('delte'), 'delete', 'the likely word of two near ones')
  t.equal(spelling.correct('replic'), 'replication', 'the beginning of a word')
  t.equal(spelling.correct('nci'), 'nic', 'of three letters two may be swapped')
  t.equal(spelling.correct('nix'), 'nix', 'and no more')
  t.equal(spelling.correct('delta'), 'delta', 'known words are left alone')
  t.equal(spelling.correct('giraffe'), 'giraffe')
  t.equal(spelling.correct('größe'), 'größe')
})

t.test('the intent of a question', async (t) => {
  t.equal(strongest('how many vms are there'), 'list')
  t.equal(strongest('which node is it'), 'list')
  t.equal(strongest('show one node'), 'get')
  t.equal(strongest('how do I add a disk'), 'create')
  t.equal(strongest('can you please rename it'), 'update')
  t.equal(strongest('I want to get rid of a disk'), 'delete')
  t.equal(strongest('we no longer need the schedule'), 'delete')
  t.equal(strongest('reboot it'), 'act')
  t.equal(strongest('make a copy'), 'act', 'make says little')
  t.equal(strongest('snapshot the server'), 'create', 'a noun as a verb')
  t.equal(strongest('is the exported vm there'), 'list', 'a participle wants nothing done')
  t.same(intentsOf(['gpu', 'profiles']), {})
  t.same(intentsOf([]), {})
})

t.test('the part of a question that asks', async (t) => {
  t.same(askingClause('Bob left, remove his login'), ['remove', 'his', 'login'])
  t.same(askingClause('list vms, nodes'), ['list', 'vms', 'nodes'])
})
