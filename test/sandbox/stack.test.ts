import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Bundle, bundleHandler } from '../../runtime/sandbox/bundle.ts'
import { Sandbox } from '../../runtime/sandbox/sandbox.ts'
import { realClock } from '../../runtime/util/clock.ts'
import { createPool } from './real-guest.ts'
import { requestOf } from './scripted-guest.ts'

async function bundleSource(source: string): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'ostler-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'widget.ts')
  writeFileSync(file, source)
  return bundleHandler({ file, configDir: folder })
}

function createSandbox(): Sandbox {
  return new Sandbox({ name: 'test', memoryBytes: 64 << 20, pool: createPool(), clock: realClock })
}

test('a stack points to the TypeScript line that threw', async () => {
  const sandbox = createSandbox()
  const bundle = await bundleSource(`interface Widget {
  port: number
}

export const reconcile = async (widget: Widget): Promise<void> => {
  if (widget.port === undefined)
    throw new TypeError('no port')
}
`)
  await sandbox.swap(bundle)
  const settled = await sandbox.call(requestOf({ args: ['{}'], timeoutMs: 15_000 }))
  expect(settled).toMatchObject({ kind: 'threw', error: { name: 'TypeError', message: 'no port' } })
  expect(settled.kind === 'threw' && settled.error.stack).toMatch(/widget\.ts:7/)
})

test('the fault of a handler that throws while it loads is its TypeScript line', async () => {
  const bundle = await bundleSource(`type Unused = string

const config: { port?: { value: number } } = {}
export const port = config.port!.value
export const reconcile = async () => {}
`)
  await expect(createSandbox().swap(bundle)).rejects.toMatchObject({
    code: 'HANDLER_LOAD_FAILED',
    faults: [
      {
        file: expect.stringMatching(/widget\.ts$/),
        line: 4,
        column: expect.any(Number),
        excerpt: 'export const port = config.port!.value',
      },
    ],
  })
})
