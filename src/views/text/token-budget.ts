/** What a response may cost a model when nothing else is said. */
export const defaultMaxTokens = 4000
