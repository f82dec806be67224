import { configDefaults, defineConfig } from 'vitest/config'

/** What only `npm run test:chaos` runs. */
const LONG = process.env['CHAOS'] === 'long' ? [] : ['test/chaos/brokers.test.ts']

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...LONG],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
})
