import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { expect, test } from 'vitest'
import type { Settled } from '../../runtime/sandbox/call.ts'
import { createPool, runHandler } from './real-guest.ts'
import { requestOf } from './scripted-guest.ts'

/**
 * Each file of escape/ is a handler that returns `{loot}` when it got at what it is named by.
 * Not loading, throwing, dying or returning no loot are all failures of the attempt.
 */
const FOLDER = join(import.meta.dirname, 'escape')
const names = readdirSync(FOLDER)
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'control')

/** As the bundler makes it: CommonJS, not minified. */
async function compile(name: string): Promise<string> {
  const source = readFileSync(join(FOLDER, `${name}.ts`), 'utf8')
  const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'es2022' })
  return code
}

async function attempt(name: string): Promise<{ settled: Settled | 'not loaded'; neighbour: Settled }> {
  const pool = createPool()
  const neighbour = await runHandler(pool, 'exports.reconcile = async () => ({ fine: true })')
  const settled = await run(await compile(name))
  return { settled, neighbour: await neighbour.sandbox.call(requestOf({ timeoutMs: 15_000 })) }

  async function run(code: string): Promise<Settled | 'not loaded'> {
    try {
      const { sandbox } = await runHandler(pool, code)
      return await sandbox.call(
        requestOf({ timeoutMs: 15_000, onHostCall: () => Promise.resolve('{"metadata":{"name":"x"}}') }),
      )
    } catch {
      return 'not loaded'
    }
  }
}

function lootOf(settled: Settled | 'not loaded'): unknown {
  if (settled === 'not loaded' || settled.kind !== 'returned') return undefined
  return (settled.value as { loot?: unknown } | undefined)?.loot
}

test.each(names)('%s gets nothing', { timeout: 40_000 }, async (name) => {
  const { settled, neighbour } = await attempt(name)
  expect(lootOf(settled), JSON.stringify(settled)).toBeUndefined()
  expect(neighbour).toEqual({ kind: 'returned', value: { fine: true } })
})

test('control, which takes what it is given, is noticed', async () => {
  const { settled } = await attempt('control')
  expect(lootOf(settled)).toBe(1)
})

/** Those that need no flaw of vm2: in Node.js itself each is a few lines that work. */
const WORKS_IN_NODE = [
  'read-file-by-require',
  'read-file-by-builtin-module',
  'read-environment',
  'read-process',
  'open-socket',
  'fetch',
  'spawn',
  'start-worker',
  'constructor-chain',
  'async-function-constructor',
  'eval',
  'webassembly',
  'overflow-host-function',
]

test.each(WORKS_IN_NODE)('%s gets its loot without a sandbox, so the attempt is a real one', async (name) => {
  const { createRequire } = await import('node:module')
  const module = { exports: {} as { reconcile?: (...args: unknown[]) => Promise<unknown> } }
  const run = new Function('module', 'exports', 'require', await compile(name))
  run(module, module.exports, createRequire(import.meta.url))
  const log = { info: () => {}, error: () => {} }
  const context = { log, get: async () => ({}) }
  const value = (await module.exports.reconcile?.({}, context)) as { loot?: unknown }
  expect(value.loot).toBeTruthy()
})
