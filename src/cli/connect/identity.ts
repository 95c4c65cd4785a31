/** What clients call the bridge; ids without `:` and `|`, which OpenWebUI uses itself. */
export const connectionId = 'hypercore'
export const connectionName = 'HyperCore'
export const connectionDescription = 'VMs of a SCALE Computing cluster'

/** Stands for the client token where it is not shown; shells replace it, JSON importers do not. */
export const tokenPlaceholder = '$MCP_BEARER_TOKEN'
