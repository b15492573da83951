import { startTestHost, type TestHost } from 'ostler/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let host: TestHost

beforeAll(async () => {
  host = await startTestHost({
    controllers: [{ name: 'mydemo', for: 'crddemo.k8s.io/v1/Mydemo', handler: 'handlers/mydemo.ts' }],
    crds: ['config/crd/mydemo.yaml'],
  })
})

afterAll(() => host?.close())

const mydemo = (name: string, port: number) => ({
  apiVersion: 'crddemo.k8s.io/v1',
  kind: 'Mydemo',
  metadata: { name },
  spec: { ip: '127.0.0.1', port },
})

const notesOn = (name: string) => host.events.filter(({ regarding }) => regarding.name === name).map(({ note }) => note)

test('A new endpoint is reported, and remembered in the status', async () => {
  await host.apply(mydemo('new', 80))
  await host.idle()
  expect(notesOn('new')).toEqual(['Now serving 127.0.0.1:80'])
  expect(await host.get(mydemo('new', 80))).toMatchObject({ status: { observed: { ip: '127.0.0.1', port: 80 } } })
})

test('A change of the port is reported once, whatever else changes', async () => {
  await host.apply(mydemo('moved', 80))
  await host.idle()
  await host.apply(mydemo('moved', 81))
  await host.idle()
  await host.apply({ ...mydemo('moved', 81), metadata: { name: 'moved', labels: { team: 'a' } } })
  await host.idle()
  expect(notesOn('moved')).toEqual(['Now serving 127.0.0.1:80', 'Now serving 127.0.0.1:81'])
})

test('What is deleted is not written to any more', async () => {
  await host.apply(mydemo('gone', 80))
  await host.idle()
  const writes = host.writes.length
  await host.delete(mydemo('gone', 80))
  await host.idle()
  expect(host.writes.slice(writes)).toEqual([])
})
