import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { lockFolder } from '../../../runtime/apiserver/storage/folder-lock.ts'

const PROGRAM = join(import.meta.dirname, 'take-stale-locks.ts')
/** Higher than any process number that Linux gives. */
const NOBODY = '999999999 1'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

test('A folder is one holder’s at a time, and free when it was given back', () => {
  const unlock = lockFolder(folder)
  expect(() => lockFolder(folder)).toThrow(`process ${process.pid} uses it`)
  unlock()
  lockFolder(folder)()
  expect(readdirSync(folder)).toEqual([])
})

test('A lock of a process that is gone is no lock, nor one whose number another process has by now', () => {
  for (const stale of [NOBODY, `${process.pid} 1`]) {
    symlinkSync(stale, join(folder, 'lock'))
    lockFolder(folder)()
  }
})

test('A taking over of a stale lock that was itself cut off stands in nobody’s way', () => {
  symlinkSync(NOBODY, join(folder, 'lock'))
  const claim = `lock.${createHash('sha256').update(NOBODY).digest('hex').slice(0, 16)}`
  symlinkSync(NOBODY, join(folder, claim))
  lockFolder(folder)()
  expect(readdirSync(folder)).toEqual([])
})

test('Of processes that find stale locks at the same time, one alone gets each folder', {
  timeout: 60_000,
}, async () => {
  const FOLDERS = 300
  for (let i = 0; i < FOLDERS; i++) {
    mkdirSync(join(folder, String(i)))
    symlinkSync(NOBODY, join(folder, String(i), 'lock'))
  }
  const takers = Array.from({ length: 6 }, () => startTaker(FOLDERS))
  for (const { nextLine } of takers) expect(await nextLine()).toBe('ready')
  writeFileSync(join(folder, 'go'), '')
  const taken = await Promise.all(takers.map(async ({ nextLine }) => JSON.parse(await nextLine()) as number[]))
  for (const { process } of takers) process.stdin?.end()
  expect(taken.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: FOLDERS }, (_, i) => i))
})

function startTaker(folders: number): { process: ChildProcess; nextLine(): Promise<string> } {
  const started = spawn(process.execPath, [PROGRAM, folder, String(folders)], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => {
    started.kill('SIGKILL')
  })
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
  return { process: started, nextLine: async () => String((await lines.next()).value) }
}
