/** Other names that an argument is understood by. */
export interface Spelling {
  argument: string
  /** The tools it holds for; all that have the argument when absent. */
  tools?: readonly string[]
  /** Tools that have the argument, and mean another one by these words. */
  except?: readonly string[]
  /** Mean this argument wherever a tool has it. */
  also: readonly string[]
  /** Say too little: they mean it only in tools that cannot work without it. */
  ifRequired?: readonly string[]
}

/**
 * Only names that can mean nothing else in any tool that has the argument. Left out on purpose:
 * what carries another unit (`memory_gb`, `timeout`), another meaning (`page` for `offset`, `tag` of
 * updateVM, whose tags replace all), or fits two (`node` of updateVM fits two arguments, and is refused).
 */
export const spellings: readonly Spelling[] = [
  {
    argument: 'vmUUID',
    also: ['vm', 'vm_id', 'vm_name', 'virDomainUUID', 'domainUUID', 'virtual_machine'],
    ifRequired: ['uuid', 'id', 'name']
  },
  {
    argument: 'snapUUID',
    also: ['snapshot', 'snapshot_uuid', 'snapshot_id', 'snapshot_label', 'snap', 'snap_id'],
    ifRequired: ['uuid', 'id', 'label']
  },
  {
    argument: 'nodeUUID',
    also: ['node', 'node_id', 'node_ip', 'node_name', 'target_node', 'target_node_uuid', 'host']
  },
  { argument: 'preferredNodeUUID', also: ['preferred_node', 'node', 'node_uuid'] },
  { argument: 'backupNodeUUID', also: ['backup_node', 'node', 'node_uuid'] },
  {
    argument: 'actionType',
    also: ['action', 'operation', 'command', 'state', 'desired_state', 'vm_action']
  },
  {
    argument: 'label',
    also: ['snapshot_name', 'snapshot_label', 'snap_name', 'snapshot']
  },
  {
    argument: 'name',
    tools: ['cloneVM', 'importVM', 'updateVM'],
    also: ['new_name', 'new_vm_name']
  },
  { argument: 'name', tools: ['cloneVM'], also: ['clone_name', 'target_name', 'copy_name'] },
  { argument: 'name', tools: ['createVM', 'importVM'], also: ['vm_name', 'vm'] },
  {
    argument: 'name',
    tools: ['fetch_vm'],
    also: ['vm_name', 'vm', 'q', 'query', 'search', 'keyword']
  },
  { argument: 'user', also: ['username', 'user_name', 'owner', 'person'] },
  { argument: 'taskTag', also: ['task', 'task_id'], ifRequired: ['tag', 'id'] },
  { argument: 'wait', also: ['wait_seconds', 'timeout_seconds'] },
  { argument: 'numVCPU', also: ['vcpu', 'vcpus', 'num_vcpus', 'cpu', 'cpus', 'cpu_count'] },
  { argument: 'mem', also: ['memory', 'ram', 'mem_bytes', 'memory_bytes'] },
  { argument: 'disks', also: ['disk', 'block_devs'] },
  { argument: 'nics', also: ['nic', 'net_devs'] },
  { argument: 'capacity', also: ['capacity_bytes', 'size_bytes'] },
  { argument: 'vlan', also: ['vlan_id', 'vlan_tag'] },
  { argument: 'macAddress', also: ['mac'] },
  { argument: 'isoUUID', also: ['iso', 'iso_id'] },
  { argument: 'tags', tools: ['createVM'], also: ['tag'] },
  { argument: 'snapshotScheduleUUID', also: ['snapshot_schedule', 'schedule', 'schedule_uuid'] },
  { argument: 'pathURI', also: ['path', 'uri', 'url', 'source_uri'] },
  { argument: 'definitionFileName', also: ['definition_file', 'definition', 'file_name'] },
  { argument: 'filter', except: ['fetch_vm'], also: ['q', 'query', 'search', 'keyword'] },
  { argument: 'limit', also: ['max_results', 'max_items', 'page_size'] },
  { argument: 'offset', also: ['skip', 'next_offset'] },
  { argument: 'fields', also: ['columns'] },
  {
    argument: 'query',
    tools: ['query_api'],
    also: ['q', 'search', 'question', 'text', 'search_query', 'keywords']
  },
  {
    argument: 'query',
    tools: ['run_api'],
    also: ['path', 'url', 'uri', 'endpoint', 'api_path', 'route']
  },
  { argument: 'method', also: ['http_method', 'verb'] },
  { argument: 'payload', also: ['body', 'data', 'json', 'request_body'] },
  { argument: 'question', also: ['q', 'query', 'prompt', 'text'] }
]
