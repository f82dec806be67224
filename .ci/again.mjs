// Prints the files of vitest's JSON report that get a second try; none where one failed that must hold the first time.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const ONCE = /^test\/(chaos|crash|sim|app\/task|domain)\//
const MOST = 6

const [path] = process.argv.slice(2)
const files = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).testResults : []
const failed = files.filter((file) => file.status === 'failed').map((file) => relative('.', file.name))
if (failed.length <= MOST && !failed.some((file) => ONCE.test(file))) console.log(failed.join(' '))
