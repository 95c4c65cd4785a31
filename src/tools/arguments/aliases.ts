/** Other names that an argument is understood by. */
export interface ArgumentAlias {
  argument: string
  /** The tools it holds for; all that have the argument when absent. */
  tools?: readonly string[]
  /** Tools that have the argument, and mean another one by these words. */
  except?: readonly string[]
  /** Mean this argument wherever a tool has it. */
  aliases: readonly string[]
  /** Say too little: they mean it only in tools that cannot work without it. */
  aliasesIfRequired?: readonly string[]
}

/**
 * Only names that can mean nothing else in any tool that has the argument. Left out on purpose:
 * what carries another unit (`memory_gb`, `timeout`), another meaning (`page` for `offset`, `tag` of
 * updateVM, whose tags replace all), or fits two (`node` of updateVM fits two arguments, and is refused).
 */
export const argumentAliases: readonly ArgumentAlias[] = [
  {
    argument: 'vmUUID',
    aliases: ['vm', 'vm_id', 'vm_name', 'virDomainUUID', 'domainUUID', 'virtual_machine'],
    aliasesIfRequired: ['uuid', 'id', 'name']
  },
  {
    argument: 'snapUUID',
    aliases: ['snapshot', 'snapshot_uuid', 'snapshot_id', 'snapshot_label', 'snap', 'snap_id'],
    aliasesIfRequired: ['uuid', 'id', 'label']
  },
  {
    argument: 'snapshot',
    tools: ['restoreVM'],
    aliases: ['snapUUID', 'snapshot_uuid', 'snapshot_label', 'snap', 'snap_id'],
    aliasesIfRequired: ['label', 'time', 'when']
  },
  {
    argument: 'vms',
    aliases: ['vm_names', 'virtual_machines', 'vm_list'],
    aliasesIfRequired: ['vm', 'vmUUID', 'names', 'filter', 'tag']
  },
  { argument: 'schedule', aliases: ['schedule_name', 'snapshotScheduleUUID', 'schedule_uuid'] },
  { argument: 'to', aliases: ['remote', 'remote_cluster', 'target', 'target_cluster', 'cluster'] },
  { argument: 'keepDays', aliases: ['keep_days', 'retention_days', 'days'] },
  { argument: 'sequence', aliases: ['sequence_id'], aliasesIfRequired: ['id'] },
  {
    argument: 'nodeUUID',
    aliases: ['node', 'node_id', 'node_ip', 'node_name', 'target_node', 'target_node_uuid', 'host']
  },
  { argument: 'preferredNodeUUID', aliases: ['preferred_node', 'node', 'node_uuid'] },
  { argument: 'backupNodeUUID', aliases: ['backup_node', 'node', 'node_uuid'] },
  {
    argument: 'actionType',
    aliases: ['action', 'operation', 'command', 'state', 'desired_state', 'vm_action']
  },
  {
    argument: 'label',
    aliases: ['snapshot_name', 'snapshot_label', 'snap_name', 'snapshot']
  },
  {
    argument: 'name',
    tools: ['cloneVM', 'importVM', 'updateVM'],
    aliases: ['new_name', 'new_vm_name']
  },
  { argument: 'name', tools: ['cloneVM'], aliases: ['clone_name', 'target_name', 'copy_name'] },
  { argument: 'name', tools: ['createVM', 'importVM'], aliases: ['vm_name', 'vm'] },
  {
    argument: 'name',
    tools: ['fetch_vm'],
    aliases: ['vm_name', 'vm', 'q', 'query', 'search', 'keyword']
  },
  { argument: 'user', aliases: ['username', 'user_name', 'owner', 'person'] },
  { argument: 'taskTag', aliases: ['task', 'task_id'], aliasesIfRequired: ['tag', 'id'] },
  { argument: 'wait', aliases: ['wait_seconds', 'timeout_seconds'] },
  { argument: 'numVCPU', aliases: ['vcpu', 'vcpus', 'num_vcpus', 'cpu', 'cpus', 'cpu_count'] },
  { argument: 'mem', aliases: ['memory', 'ram', 'mem_bytes', 'memory_bytes'] },
  { argument: 'disks', aliases: ['disk', 'block_devs'] },
  { argument: 'nics', aliases: ['nic', 'net_devs'] },
  { argument: 'capacity', aliases: ['capacity_bytes', 'size_bytes'] },
  { argument: 'vlan', aliases: ['vlan_id', 'vlan_tag'] },
  { argument: 'macAddress', aliases: ['mac'] },
  { argument: 'isoUUID', aliases: ['iso', 'iso_id'] },
  { argument: 'tags', tools: ['createVM'], aliases: ['tag'] },
  { argument: 'snapshotScheduleUUID', aliases: ['snapshot_schedule', 'schedule', 'schedule_uuid'] },
  { argument: 'pathURI', aliases: ['path', 'uri', 'url', 'source_uri'] },
  { argument: 'definitionFileName', aliases: ['definition_file', 'definition', 'file_name'] },
  { argument: 'filter', except: ['fetch_vm'], aliases: ['q', 'query', 'search', 'keyword'] },
  { argument: 'limit', aliases: ['max_results', 'max_items', 'page_size'] },
  { argument: 'offset', aliases: ['skip', 'next_offset'] },
  { argument: 'fields', aliases: ['columns'] },
  {
    argument: 'target',
    tools: ['around'],
    aliases: [
      'vm',
      'vm_uuid',
      'vm_name',
      'node',
      'node_uuid',
      'disk',
      'drive',
      'snapshot',
      'snap_uuid',
      'object',
      'name',
      'uuid',
      'id',
      'of'
    ]
  },
  {
    argument: 'by',
    aliases: ['metric', 'sort', 'sort_by', 'order_by', 'rank_by', 'criterion']
  },
  { argument: 'rpo', aliases: ['max_age', 'older_than', 'recovery_point_objective'] },
  {
    argument: 'query',
    tools: ['query_api'],
    aliases: ['q', 'search', 'question', 'text', 'search_query', 'keywords']
  },
  {
    argument: 'query',
    tools: ['run_api'],
    aliases: ['path', 'url', 'uri', 'endpoint', 'api_path', 'route']
  },
  { argument: 'method', aliases: ['http_method', 'verb'] },
  { argument: 'payload', aliases: ['body', 'data', 'json', 'request_body'] },
  { argument: 'question', aliases: ['q', 'query', 'prompt', 'text'] }
]
