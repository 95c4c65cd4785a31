/** The methods the HyperCore API knows, in the order they are listed. */
export const httpMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

export type HttpMethod = (typeof httpMethods)[number]
