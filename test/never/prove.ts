/**
 * Shows that the tests of what must never happen can fail: `npm run never:prove [-- NUMBER|WORD…]`, WORD being one of what is taken out.
 * Takes one mitigation after the other out of a copy of the project (mutations.ts) and runs the case that must fail then.
 * out:     a line a mutation; exit 1 when one survives, does not fit the code any more, or when the cases fail without any
 * timing:  some 2 s of one processor each, two at a time
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { nameOf } from './guarantees.ts'
import { MUTATIONS, type Mutation } from './mutations.ts'
import { testFileOf } from './test-file.ts'

const root = resolve(import.meta.dirname, '../..')
const COPIED = ['runtime', 'test', 'handlers', 'config', 'package.json', 'tsconfig.json', 'vitest.config.ts']
/** A case that never ends without its mitigation has failed too. */
const LIMIT_MS = 90_000
const ALL_LIMIT_MS = 600_000

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
}

const asked = process.argv.slice(2)
const isAsked = ({ never, without }: Mutation) => asked.some((word) => Number(word) === never || without.includes(word))
const mutations = asked.length === 0 ? MUTATIONS : MUTATIONS.filter(isAsked)
const width = Math.max(...mutations.map(({ without }) => without.length))
const copies = Array.from({ length: Math.min(2, availableParallelism()) }, copyProject)
const startedMs = Date.now()
let bad = 0
try {
  bad += await proveSound(copies[0] as string)
  const queue = [...mutations]
  await Promise.all(copies.map((copy) => work(copy, queue)))
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
}
const seconds = Math.round((Date.now() - startedMs) / 1000)
console.log(`${mutations.length - bad} of ${mutations.length} mutations killed in ${seconds} s`)
process.exitCode = bad === 0 ? 0 : 1

function copyProject(): string {
  const copy = mkdtempSync(join(tmpdir(), 'ostler-never-'))
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Without a mutation all cases pass: a case that fails anyhow would prove nothing. Answers how many do not. */
async function proveSound(copy: string): Promise<number> {
  const files = [...new Set(mutations.map(({ never }) => `test/never/${testFileOf(never)}`))]
  const report = await vitest(copy, files, ALL_LIMIT_MS)
  if (report !== undefined && report.numFailedTests === 0 && report.numPassedTests > 0) return 0
  console.log(`The cases fail as they are: ${report?.numFailedTests ?? 'they do not end'}`)
  return 1
}

async function work(copy: string, queue: Mutation[]): Promise<void> {
  for (let mutation = queue.shift(); mutation !== undefined; mutation = queue.shift()) {
    const verdict = await tryOne(copy, mutation)
    if (!verdict.startsWith('killed')) bad++
    console.log(`${nameOf(mutation.never)}  without ${mutation.without.padEnd(width)}  ${verdict}`)
  }
}

async function tryOne(copy: string, { never, file, find, replace, test }: Mutation): Promise<string> {
  const path = join(copy, 'runtime', file)
  const text = readFileSync(path, 'utf8')
  if (text.split(find).length !== 2) return `DOES NOT FIT: ${file} has not exactly one ${JSON.stringify(find)}`
  // A function, as `$` means something in a text.
  writeFileSync(
    path,
    text.replace(find, () => replace),
  )
  try {
    const title = `^${nameOf(never)}: ${test}`.replaceAll(/[()[\].*+?/]/g, '\\$&')
    const report = await vitest(copy, [`test/never/${testFileOf(never)}`, '-t', title])
    if (report === undefined) return 'killed, by not ending'
    if (report.numFailedTests > 0) return 'killed'
    return report.numPassedTests > 0 ? 'SURVIVED' : 'DID NOT RUN'
  } finally {
    writeFileSync(path, text)
  }
}

/** Undefined when it takes longer than anything that works. */
function vitest(cwd: string, args: readonly string[], limitMs = LIMIT_MS): Promise<Report | undefined> {
  const out = join(cwd, 'report.json')
  writeFileSync(out, '{"numPassedTests":0,"numFailedTests":0}')
  const flags = ['run', '--project', 'unit', '--reporter=json', `--outputFile.json=${out}`, ...args]
  const bin = join(cwd, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [bin, ...flags], { cwd, stdio: 'ignore', detached: true })
  return new Promise((resolve) => {
    let isOver = false
    const timer = setTimeout(() => {
      isOver = true
      // With the workers that it started.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, limitMs)
    child.on('close', () => {
      clearTimeout(timer)
      resolve(isOver ? undefined : (JSON.parse(readFileSync(out, 'utf8')) as Report))
    })
  })
}
