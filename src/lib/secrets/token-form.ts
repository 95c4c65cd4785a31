/** What a token of the bridge looks like, as the text of a regular expression: `sb_` and 192 random bits. */
export const tokenForm = 'sb_[\\w-]{32}'
