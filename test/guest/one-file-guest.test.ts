import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { buildGuest } from '../../runtime/sandbox/guest-bundle.ts'
import { GUEST_FLAGS } from '../../runtime/sandbox/guest-process.ts'
import { bundle } from './guest-vm.ts'

/** As the host starts guests. */
const FLAGS = [...GUEST_FLAGS, '--max-old-space-size=64']

const folder = mkdtempSync(join(tmpdir(), 'ostler-one-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the guest is one file that runs under the permission model without any permission', async () => {
  const file = join(folder, 'guest.cjs')
  writeFileSync(file, await buildGuest(join(import.meta.dirname, 'stdio-guest.ts')))
  const handler = await bundle(`import { z } from 'zod'
    export const run = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      console.log(typeof process, new URL('/x', 'https://example.com').href)
      const why = (() => { try { new Function('') } catch (error) { return error.name } })()
      throw new Error(why + z.string().parse(' and zod') + crypto.randomUUID().length) }`)
  const lines = execFileSync(process.execPath, [...FLAGS, file], {
    input: handler,
    env: {},
    encoding: 'utf8',
    cwd: folder,
  })
  expect(lines.split('\n').map((line) => line.slice(0, 150))).toEqual([
    'loaded {"exports":{"run":"function"}}',
    'log {"level":"info","message":"undefined https://example.com/x"}',
    expect.stringMatching(
      /^settled \{"error":\{"name":"Error","message":"EvalError and zod36","stack":"Error: .*at run \(handler/,
    ),
    '',
  ])
})

test('buildGuest() leaves out NodeVM and the modules that only NodeVM needs', async () => {
  const code = await buildGuest(join(import.meta.dirname, 'stdio-guest.ts'))
  expect(code).not.toContain('class NodeVM')
  const modules = new Set([...code.matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1]))
  const used = ['buffer', 'coffee-script', 'events', 'fs', 'node:crypto', 'path', 'typescript', 'util', 'vm']
  expect([...modules].sort()).toEqual(used)
})
