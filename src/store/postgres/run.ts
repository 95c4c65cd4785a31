export type Row = Record<string, unknown>

/** Runs one statement, or several without values; the rows of the last one. */
export type Run = (text: string, values?: unknown[]) => Promise<Row[]>
