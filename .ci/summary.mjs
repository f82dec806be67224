// Reads vitest's JSON reports, lists what was skipped, and ends with the counts. Exit 1 when a test failed or none ran.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

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
const files = paths.flatMap(read)
const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: relative('.', file.name) })))
const of = (...states) => tests.filter((test) => states.includes(test.status))
const skipped = of('skipped', 'pending', 'todo', 'disabled')
for (const test of skipped) console.log(`skipped: ${test.file} > ${test.fullName}`)

// a file that breaks before its first test counts as one failure
const broken = files.filter((file) => file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'))
for (const file of broken) console.log(`broken: ${relative('.', file.name)} ${file.message}`)

const passed = of('passed').length
let failed = of('failed').length + broken.length
// the build failed, or the runner itself did
if (failed === 0 && (Number(code) !== 0 || passed === 0 || unread > 0)) failed = 1
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
process.exit(failed > 0 ? 1 : 0)
