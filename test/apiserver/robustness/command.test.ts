import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type ApiClient, createApiClient } from '../../control-plane/api-client.ts'
import { CONFIG_MAPS } from './plain-server.ts'

const MAIN = resolve(import.meta.dirname, '../../../runtime/cli/main.ts')
const START_MS = 60_000

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostler-robust-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

interface Command {
  readonly process: ChildProcess
  /** Resolves when it has ended, with its code. */
  readonly ended: Promise<number | null>
  /** Standard error so far. */
  errors(): string
}

function run(...args: string[]): Command {
  const started = spawn(process.execPath, [MAIN, 'apiserver', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  started.stderr.on('data', (chunk) => {
    errors += chunk
  })
  onTestFinished(() => {
    started.kill('SIGKILL')
  })
  const ended = once(started, 'close').then(([code]) => code as number | null)
  return { process: started, ended, errors: () => errors }
}

/** A server on the folder of this test, and a client; once it answers. */
async function start(): Promise<Command & { client: ApiClient }> {
  const kubeconfig = join(folder, 'kubeconfig')
  const command = run('--data-dir', join(folder, 'data'), '--kubeconfig-out', kubeconfig)
  const said = new Promise<void>((done) => {
    command.process.stdout?.on('data', (chunk) => String(chunk).includes('KUBECONFIG=') && done())
  })
  await Promise.race([said, command.ended.then((code) => Promise.reject(new Error(`${code}: ${command.errors()}`)))])
  const text = readFileSync(kubeconfig, 'utf8')
  const [url = '', token = ''] = [/server: "?([^"\s]+)/, /token: "?([^"\s]+)/].map((each) => each.exec(text)?.[1])
  const client = createApiClient({ url, token })
  onTestFinished(() => client.close())
  return { ...command, client }
}

test('What was answered before a kill -9 is there after the next start, and resourceVersions go on', {
  timeout: 5 * START_MS,
}, async () => {
  /** By name, the resourceVersion that was answered. */
  const answered = new Map<string, number>()
  let highest = 0
  for (let round = 0; round < 3; round++) {
    const { process, ended, client } = await start()
    for (const [name, version] of answered) {
      const { status, body } = await client.request('GET', `${CONFIG_MAPS}/${name}`)
      expect([name, status, versionOf(body)]).toEqual([name, 200, version])
    }
    let next = 0
    const write = async () => {
      for (;;) {
        const name = `round-${round}-${next++}`
        const answer = await client.request('POST', CONFIG_MAPS, { metadata: { name } }).catch(() => undefined)
        if (answer === undefined) return
        expect(answer.status).toBe(201)
        expect(versionOf(answer.body)).toBeGreaterThan(round === 0 ? 0 : highest)
        answered.set(name, versionOf(answer.body))
        // At a moment of its own in each round, with other requests on their way.
        if (next >= 10 + round * 17) process.kill('SIGKILL')
      }
    }
    await Promise.all(Array.from({ length: 5 }, write))
    await ended
    highest = Math.max(...answered.values())
  }
  expect(answered.size).toBeGreaterThan(40)
})

test('A second server on the same folder is refused in one line, and the first one goes on', {
  timeout: 2 * START_MS,
}, async () => {
  const first = await start()
  const second = run('--data-dir', join(folder, 'data'))
  expect(await second.ended).toBe(1)
  expect(second.errors()).toMatch(/^Cannot keep the state in ".*": .*process \d+ uses it\n$/)
  expect(await first.client.request('GET', '/readyz')).toMatchObject({ status: 200 })
})

test('A port that is taken is one line, and code 1', { timeout: START_MS }, async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => {
    taken.close()
  })
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const command = run('--port', String(port))
  expect(await command.ended).toBe(1)
  expect(command.errors()).toBe(`Cannot serve the API on port ${port}: it is in use; choose another\n`)
})

test('A folder that cannot be one is one line, and code 1', { timeout: START_MS }, async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  chmodSync(file, 0o400)
  const command = run('--data-dir', join(file, 'data'))
  expect(await command.ended).toBe(1)
  expect(command.errors()).toMatch(/^Cannot keep the state in ".*": ENOTDIR.*\n$/)
})

test('SIGTERM ends the server with 0 though a client watches and another sends no end', {
  timeout: START_MS,
}, async () => {
  const { process, ended, client, errors } = await start()
  const watch = client.request('GET', `${CONFIG_MAPS}?watch=true`).catch(() => 'cut')
  expect(await client.request('POST', CONFIG_MAPS, { metadata: { name: 'a' } })).toMatchObject({ status: 201 })
  process.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(errors()).toBe('')
  await watch
})

function versionOf(body: unknown): number {
  return Number((body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion)
}
