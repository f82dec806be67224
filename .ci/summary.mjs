// Reads vitest's JSON reports, lists what was skipped, tried twice and failed, and ends with the counts. Exit 1 when a test failed
// or none ran. A file in `again.json` counts by its second try.
import { readFileSync } from 'node:fs'
import { basename, relative } from 'node:path'

const [code, ...paths] = process.argv.slice(2)
let unread = 0
const read = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults
  } catch {
    unread++
    return []
  }
}
const isAgain = (path) => basename(path) === 'again.json'
const again = paths.filter(isAgain).flatMap(read)
const retried = new Set(again.map((file) => file.name))
const first = paths.flatMap((path) => (isAgain(path) ? [] : read(path).map((file) => ({ ...file, path }))))
const isReplaced = (file) => basename(file.path) === 'all.json' && retried.has(file.name)
const files = [...first.filter((file) => !isReplaced(file)), ...again]

const testsOf = (some) =>
  some.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: relative('.', file.name) })))
const tests = testsOf(files)
const of = (...states) => tests.filter((test) => states.includes(test.status))
const say = (what, test) =>
  console.log(`${what}: ${test.file} > ${test.fullName}: ${test.failureMessages?.[0]?.split('\n')[0] ?? ''}`)

const skipped = of('skipped', 'pending', 'todo', 'disabled')
for (const test of skipped) console.log(`skipped: ${test.file} > ${test.fullName}`)
for (const test of testsOf(first.filter(isReplaced))) if (test.status === 'failed') say('failed the first time', test)
for (const test of of('failed')) say('failed', test)

// a file that breaks before its first test counts as one failure
const broken = files.filter((file) => file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'))
for (const file of broken) console.log(`broken: ${relative('.', file.name)} ${file.message}`)

const passed = of('passed').length
let failed = of('failed').length + broken.length
// the build failed, or the runner itself did
if (failed === 0 && (Number(code) !== 0 || passed === 0 || unread > 0)) failed = 1
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
process.exit(failed > 0 ? 1 : 0)
