import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createProject } from './bundle-project.ts'

// In a process of its own: esbuild prints pages when it dies.
test('bundleHandler() keeps building others when a source kills esbuild, and blames that one alone', async () => {
  const deep = createProject({ 'handlers/h.ts': '('.repeat(1_500_000) })
  const other = createProject({ 'handlers/h.ts': 'export const reconcile = 1' })
  const script = join(import.meta.dirname, 'bundle-two.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, deep.root, other.root], {
    maxBuffer: 1 << 24,
  })
  const { hash } = await other.bundle()
  expect(JSON.parse(stdout)).toEqual([expect.stringContaining('Cannot bundle: esbuild cannot take it'), hash, hash])
}, 60_000)
