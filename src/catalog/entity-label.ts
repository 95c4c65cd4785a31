const labels: ReadonlyMap<string, string> = new Map([
  ['VirDomain', 'VM'],
  ['VirDomainBlockDevice', 'disk'],
  ['VirDomainNetDevice', 'NIC'],
  ['VirDomainSnapshot', 'snapshot'],
  ['VirDomainReplication', 'replication']
])

/** What people call an entity of the cluster; others have its own name. */
export const entityLabel = (entity: string): string => labels.get(entity) ?? entity
