import t from 'tap'
import { loadCatalog } from '../../../../src/catalog/load.ts'
import { searchIn } from '../../../../src/catalog/search/search.ts'

const search = searchIn(loadCatalog())

const first = (question: string): string => {
  const [hit] = search.search(question, { limit: 1 })
  return hit === undefined ? '' : `${hit.operation.method} ${hit.operation.path}`
}

/** Words that are English and of another language, in questions of the one and of the other. */
const questions: [question: string, operation: string][] = [
  ['installer la mise à jour', 'POST /Update/{uuid}/apply'],
  ['installer une mise à jour disponible', 'POST /Update/{uuid}/apply'],
  ['installation de la mise à jour', 'POST /Update/{uuid}/apply'],
  ['installer image', 'GET /ISO'],
  ['installer image for a vm', 'GET /ISO'],
  ["éteindre l'invité", 'POST /VirDomain/action'],
  ['invite a user', 'POST /User'],
  ['migration de la machine', 'POST /VirDomain/action'],
  ["supprimer l'image iso", 'DELETE /ISO/{uuid}'],
  ['mettre la vm en pause', 'POST /VirDomain/action'],
  ['pause de la machine', 'POST /VirDomain/action'],
  ['restaurer une machine depuis un instantané', 'POST /VirDomain/{virDomainUUID}/clone'],
  ['place disponible sur les nœuds', 'GET /Drive'],
  ['place vm on node', 'PATCH /VirDomain/{virDomainUUID}'],
  ['montre les avertissements', 'GET /Condition/filter'],
  ['mail server', 'GET /AlertSMTPConfig'],
  ['ampliar el disco', 'PATCH /VirDomainBlockDevice/{uuid}'],
  ['muestra la red', 'GET /VirDomainNetDevice'],
  ['estado general del clúster', 'GET /Cluster/{uuid}'],
  ['last der vms', 'GET /VirDomainStats'],
  ['wie hoch ist die last', 'GET /VirDomainStats'],
  ['last snapshot of the vm', 'GET /VirDomainSnapshot'],
  ['last task', 'GET /TaskTag']
]

for (const [question, operation] of questions)
  t.test(question, async (t) => t.equal(first(question), operation))
