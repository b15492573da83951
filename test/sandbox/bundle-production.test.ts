import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { guestCode } from '../../runtime/sandbox/guest-code.ts'

const run = promisify(execFile)
const project = resolve(import.meta.dirname, '../..')

test('.ci/build.ts makes a host and a guest that need nothing of node_modules but esbuild', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ostler-build-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  await run(process.execPath, [join(project, '.ci/build.ts'), join(root, 'dist')])
  writeFileSync(join(root, 'package.json'), '{"type":"module","version":"1.2.3"}')
  mkdirSync(join(root, 'node_modules'))
  for (const name of ['esbuild', '@esbuild'])
    symlinkSync(join(project, 'node_modules', name), join(root, 'node_modules', name))

  const host = readFileSync(join(root, 'dist/ostler.js'), 'utf8')
  expect(host).toMatch(/^#!\/usr\/bin\/env -S node --disable-sigusr1 --max-semi-space-size=2\n/)
  const imported = [...host.matchAll(/^import [^'"\n]*from "([^"]+)"/gm)].map((match) => match[1] as string)
  const [beside, packages] = [/^\./, /^[^.]/].map((form) =>
    imported.filter((name) => form.test(name) && !isBuiltin(name)),
  )
  expect([...new Set(packages)]).toEqual(['esbuild'])
  for (const name of beside ?? []) expect(existsSync(join(root, 'dist', name))).toBe(true)
  expect(existsSync(join(root, 'dist/guest.js'))).toBe(true)

  const { stdout } = await run(process.execPath, [join(root, 'dist/ostler.js'), '--version'], { cwd: root })
  expect(stdout.trim()).toBe('1.2.3')
}, 60_000)

test('guestCode() makes the guest from its sources where no guest.js lies beside', async () => {
  expect(await guestCode()).toContain('ostler:prelude')
}, 60_000)
