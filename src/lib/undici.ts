/**
 * What we use of undici. Imported with `await import()`, so that a bridge listens before it is
 * loaded; a file of our own, because a bundler gives a dynamic import of a CommonJS package no names.
 */
export { Agent, Pool, request } from 'undici'
