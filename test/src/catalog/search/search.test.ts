import t from 'tap'
import { Catalog, loadCatalog } from '../../../../src/catalog/load.ts'
import { callNote } from '../../../../src/catalog/search/describe-operation.ts'
import { CatalogSearch } from '../../../../src/catalog/search/search.ts'

const catalog = loadCatalog()
const search = new CatalogSearch(catalog)

const found = (question: string, limit?: number): string[] =>
  search.search(question, { limit }).map(({ operation: { method, path } }) => `${method} ${path}`)

t.test('names and paths lead to what they name, however they are written', async (t) => {
  const first: Record<string, string> = {
    'GET /VirDomain': 'GET /VirDomain',
    'delete /User/{uuid}': 'DELETE /User/{uuid}',
    '/VirDomain/action': 'POST /VirDomain/action',
    '/rest/v1/Condition/filter?includeSet=true': 'GET /Condition/filter',
    'VirDomain/import': 'POST /VirDomain/import',
    '/virdomain/import/': 'POST /VirDomain/import',
    'PATCH /VirDomain/7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21': 'PATCH /VirDomain/{virDomainUUID}',
    'DELETE /VirDomain/{uuid}': 'DELETE /VirDomain/{virDomainUUID}',
    VirDomainCloneSnapshot: 'POST /VirDomain/{virDomainUUID}/clone',
    'GET VirDomainSnapshotSchedule': 'GET /VirDomainSnapshotSchedule',
    includeSet: 'GET /Condition/filter',
    forceShutdown: 'POST /Cluster/shutdown',
    changeVM_state: 'POST /VirDomain/action'
  }
  for (const [question, operation] of Object.entries(first))
    t.equal(found(question)[0], operation, question)
  t.equal(found('numVCPU')[0], 'PATCH /VirDomain/{virDomainUUID}', 'a field: where it is set')
})

t.test('a path that is only the beginning of one finds those below it', async (t) => {
  t.same(found('/VirtualDisk/{uuid}', 2), ['GET /VirtualDisk/{uuid}', 'DELETE /VirtualDisk/{uuid}'])
  t.match(found('/support-api')[0], '/support-api/')
})

t.test('the intent of a question decides among the operations of an entity', async (t) => {
  t.equal(found('list users')[0], 'GET /User')
  t.equal(found('details of one user')[0], 'GET /User/{uuid}')
  t.equal(found('add a user')[0], 'POST /User')
  t.equal(found('change a user')[0], 'PATCH /User/{uuid}')
  t.equal(found('remove a user')[0], 'DELETE /User/{uuid}')
})

t.test('what goes with a thing is not what is asked for', async (t) => {
  t.equal(found('delete the vm and its disks')[0], 'DELETE /VirDomain/{virDomainUUID}')
  t.equal(found('delete the disk of the vm')[0], 'DELETE /VirDomainBlockDevice/{uuid}')
})

t.test('limit', async (t) => {
  t.equal(found('vm').length, 5, 'five by default')
  t.equal(found('vm', 1).length, 1)
  t.equal(found('vm', 50).length, 50)
})

t.test('hits come best first', async (t) => {
  const scores = search.search('change the memory of a vm', { limit: 20 }).map(({ score }) => score)
  t.same(
    scores,
    scores.toSorted((a, b) => b - a)
  )
})

t.test('operations that run_api cannot call show only near the best', async (t) => {
  t.equal(found('progress of the system update')[0], 'GET /update/update_status.json')
  for (const question of ['list tasks', 'TaskTag', 'list vms'])
    for (const { operation } of search.search(question, { limit: 50 }))
      t.equal(operation.base, '/rest/v1', operation.path)
})

t.test('questions that say nothing find nothing', async (t) => {
  for (const question of [
    '',
    '   ',
    'how do i',
    '?!?',
    '.*(+[\\',
    '^$',
    'show all',
    '가상 머신',
    'бобр'
  ])
    t.same(found(question), [], `"${question}"`)
})

t.test('a word that is in the catalog by chance finds nothing', async (t) => {
  for (const question of [
    'make coffee',
    'make a cake for lunch',
    '; drop table',
    'weather in Berlin tomorrow',
    '__proto__',
    'constructor',
    'sing a song',
    'play music',
    'write a poem about the sea',
    'book a flight to Paris',
    'update the weather',
    'the quick brown fox',
    'koche Kaffee',
    'das Wetter in Berlin',
    'delete'
  ])
    t.same(found(question), [], question)
})

t.test('an action or a thing with an unknown name is found', async (t) => {
  t.equal(found('reboot fileserver01')[0], 'POST /VirDomain/action')
  t.equal(found('check for updates')[0], 'GET /Update', 'a verb that is the name of an entity')
  t.equal(found('dsn')[0], 'GET /DNSConfig', 'a short typing error')
})

t.test('names in lower case with typing errors', async (t) => {
  const first: Record<string, string> = {
    virdomainsnapshto: 'GET /VirDomainSnapshot',
    virdomainsnapsho: 'GET /VirDomainSnapshot',
    virdomian: 'GET /VirDomain',
    vridomainblockdevice: 'GET /VirDomainBlockDevice',
    remotclusterconnection: 'GET /RemoteClusterConnection',
    'DELETE virdomainsnapshto': 'DELETE /VirDomainSnapshot/{uuid}',
    'list virdomainsnapshot': 'GET /VirDomainSnapshot'
  }
  for (const [question, operation] of Object.entries(first))
    t.equal(found(question)[0], operation, question)
})

t.test('what the words mean together', async (t) => {
  for (const question of ['check if the api is up', 'check that the api is up'])
    t.equal(found(question)[0], 'GET /ping', question)
  t.equal(
    found('resume replication of a VM after pause')[0],
    'PATCH /VirDomainReplication/{uuid}',
    'no power action'
  )
  t.equal(found('take the network interface out of a vm')[0], 'DELETE /VirDomainNetDevice/{uuid}')
})

t.test('German questions', async (t) => {
  const first: Record<string, string> = {
    'zeige alle virtuellen Maschinen': 'GET /VirDomain',
    'welche Knoten gibt es': 'GET /Node',
    'VM erstellen': 'POST /VirDomain',
    'Benutzer anlegen': 'POST /User',
    'Lege einen Benutzer an': 'POST /User',
    'wie lösche ich eine VM': 'DELETE /VirDomain/{virDomainUUID}',
    'Schalte die VM aus': 'POST /VirDomain/action',
    'VM neu starten': 'POST /VirDomain/action',
    'VM herunterfahren': 'POST /VirDomain/action',
    'VM auf anderen Knoten verschieben': 'POST /VirDomain/action',
    'VM klonen': 'POST /VirDomain/{virDomainUUID}/clone',
    'Schnappschuss anlegen': 'POST /VirDomainSnapshot',
    'Zeitplan ändern': 'PATCH /VirDomainSnapshotSchedule/{uuid}',
    'Zeitplan aendern': 'PATCH /VirDomainSnapshotSchedule/{uuid}',
    'Zeitplan andern': 'PATCH /VirDomainSnapshotSchedule/{uuid}',
    'Füge der VM eine Festplatte hinzu': 'POST /VirDomainBlockDevice',
    'Netzwerkkarte entfernen': 'DELETE /VirDomainNetDevice/{uuid}',
    'Passwort ändern': 'PATCH /User/{uuid}',
    'Rollen anzeigen': 'GET /Role',
    'Zeitzone setzen': 'PATCH /TimeZone/{uuid}',
    'Zeitserver ändern': 'PATCH /TimeSource/{uuid}',
    'VM exportieren': 'POST /VirDomain/{virDomainUUID}/export',
    'VM importieren': 'POST /VirDomain/import',
    'Aufgaben anzeigen': 'GET /TaskTag',
    'Warnungen anzeigen': 'GET /Condition/filter',
    'Zertifikat hochladen': 'POST /Certificate',
    'Arbeitsspeicher ändern': 'PATCH /VirDomain/{virDomainUUID}',
    'Speicher der VM erhöhen': 'PATCH /VirDomain/{virDomainUUID}'
  }
  for (const [question, operation] of Object.entries(first))
    t.equal(found(question)[0], operation, question)
  for (const question of ['Snapshot loeschen', 'Snapshot löschen', 'Schnappschuss entfernen']) {
    const [best, second] = found(question)
    t.equal(best, 'DELETE /VirDomainSnapshot/{uuid}', question)
    t.notMatch(second, /^POST/, question)
  }
  t.match(found('did a disk die')[0], /BlockDevice|Drive/, 'English words stay English')
})

t.test('odd input does no harm', async (t) => {
  t.ok(found('vm '.repeat(170)).length > 0, '500 characters')
  t.same(found('x'.repeat(500)), [])
  t.ok(found('/'.repeat(500)).length === 0)
  t.equal(found('liste les machines virtuelles: virtual máchine lïst')[0], 'GET /VirDomain')
  t.doesNotThrow(() => found('constructor __proto__ toString hasOwnProperty'))
})

t.test('the nearest entities of a question that finds nothing', async (t) => {
  t.equal(search.nearestEntities('VirDomian')[0], 'VirDomain')
  t.equal(search.nearestEntities('Nodee')[0], 'Node')
  t.ok(search.nearestEntities('qqqq').includes('VirDomain'), 'nothing near: what is asked most')
  t.equal(search.nearestEntities('').length, 5)
})

t.test('a catalog from a cluster: what it adds is found, and what it lacks too', async (t) => {
  const document = structuredClone(catalog.document)
  document.paths['/Widget/{uuid}/spin'] = {
    post: {
      operationId: 'WidgetSpin',
      tags: ['Widget'],
      summary: 'Spin a widget around',
      responses: {},
      'x-kind': 'action',
      'x-effect': 'control',
      'x-imported': true
    }
  }
  const listing = document.paths['/VirDomain']?.['get'] as Record<string, unknown>
  listing['x-missing'] = true
  const other = new CatalogSearch(new Catalog(document))
  const first = (question: string): string | undefined => other.search(question)[0]?.operation.path
  t.equal(first('spin the widget'), '/Widget/{uuid}/spin')
  t.equal(first('WidgetSpin'), '/Widget/{uuid}/spin')
  t.equal(first('wigdet'), '/Widget/{uuid}/spin', 'its words are known to the spelling, too')
  const [list] = other.search('list all virtual machines')
  t.ok(list?.operation.missing, 'found, so that it can be said that this cluster lacks it')
  t.match(list && callNote(list.operation), /does not offer it/)
  t.same(other.nearestEntities('widgets')[0], 'Widget')
})
