/** What an address needs behind its path to offer a set of the tools. */
export const toolSetQuery = (toolSet: string | undefined): string =>
  toolSet === undefined ? '' : `?tools=${encodeURIComponent(toolSet).replaceAll('%2C', ',')}`
