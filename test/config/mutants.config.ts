import { defineConfig } from 'vitest/config'
import { applied, MUTANTS } from '../mutants/mutants.ts'

const root = new URL('../..', import.meta.url).pathname
const name = process.env['MUTANT']
const mutant = MUTANTS.find((m) => m.name === name)
if (name !== undefined && mutant === undefined) throw new Error(`no mutant is called ${name}`)

/** Runs the tests of one mutant, `MUTANT=<name>`, over the source with its defect in it. */
export default defineConfig({
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      api: { mutants: MUTANTS },
      transform(code: string, id: string): string | undefined {
        const edits = mutant?.edits.filter(({ file }) => id.split('?')[0] === root + file) ?? []
        return edits.length === 0 ? undefined : edits.reduce((text, edit) => applied(edit, text), code)
      },
    },
  ],
  test: {
    root,
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    env: { SIM_SEEDS: process.env['SIM_SEEDS'] ?? '600', SIM_WRONG: '1' },
  },
})
