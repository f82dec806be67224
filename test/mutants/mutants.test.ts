import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { applied, MUTANTS } from './mutants.ts'

test.each(MUTANTS)('mutant $name still fits the source it changes', ({ edits }) => {
  for (const edit of edits) {
    const text = readFileSync(new URL(`../../${edit.file}`, import.meta.url), 'utf8')
    expect(applied(edit, text)).not.toBe(text)
  }
})

test('every mutant has a name of its own', () => {
  expect(new Set(MUTANTS.map((m) => m.name)).size).toBe(MUTANTS.length)
})
