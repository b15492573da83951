import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startHost } from './host-process.ts'
import { createProject, handlerFixture, type Project } from './project.ts'

/** Says what it was started with; answers /readyz with 200 the second time; ends with 0 on SIGTERM. */
const FAKE_HOST = `
  import { createServer } from 'node:http'
  const listen = process.argv.at(-1).split(':')
  let asked = 0
  createServer((request, response) => {
    response.statusCode = request.url === '/readyz' && asked++ === 0 ? 503 : 200
    response.end('calls_total{controller="a"} 7\\n')
  }).listen(Number(listen[1]), listen[0], () => console.log('listens', ...process.argv.slice(2)))
  process.once('SIGTERM', () => process.exit(0))`

let project: Project

beforeEach(() => {
  project = createProject()
})

afterEach(() => project.remove())

function start(text: string) {
  project.write('fake.mjs', text)
  return startHost({ project, kubeconfig: '/k', entry: join(project.dir, 'fake.mjs') })
}

test('startHost() waits for log and readiness, reads metrics, and tells how the host ended', async () => {
  const host = await start(FAKE_HOST)
  const [line] = await host.waitForLog(/listens.*/)
  expect(line).toContain(`run --config ${project.config} --kubeconfig /k --listen 127.0.0.1:`)
  await host.waitUntilReady()
  expect(await host.metric('calls_total', { controller: 'a' })).toBe(7)
  expect(await host.stop()).toEqual({ code: 0, signal: null })
  expect(host.running).toBe(false)
})

test('waitForLog() of a host that has exited fails with the end of its log', async () => {
  const host = await start(`console.log('no such cluster'); process.exitCode = 1`)
  await expect(host.waitForLog(/ready/)).rejects.toThrow(/the host has exited.*\n.*no such cluster/s)
  expect(await host.exited()).toEqual({ code: 1, signal: null })
})

test('Project.remove() ends a host that still runs, and removes the project', async () => {
  const host = await start(FAKE_HOST)
  await host.waitForLog(/listens/)
  await project.remove()
  expect(await host.exited()).toEqual({ code: null, signal: 'SIGKILL' })
  expect(existsSync(project.dir)).toBe(false)
})

test('Project.writeHandler() puts the hash of the text into it, and another remark makes another hash', () => {
  const text = handlerFixture('recorder')
  const [first, second] = [project.writeHandler('a', text), project.writeHandler('a', text, 'second')]
  expect(first).not.toBe(second)
  expect(readFileSync(join(project.dir, 'handlers/a.ts'), 'utf8')).toContain(`BUNDLE = '${second}'`)
})
