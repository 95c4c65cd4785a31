/**
 * What we use of undici; esbuild.config.mjs bundles these two and no more. Imported with
 * `await import()`, so that commands that call no server do without it; a file of our own, because a
 * bundler gives a dynamic import of a CommonJS package no names.
 */
export { Agent, Pool } from 'undici'
