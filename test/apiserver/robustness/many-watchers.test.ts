import { Agent, type IncomingMessage, request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { Store } from '../../../runtime/apiserver/storage/store.ts'
import { CONFIG_MAPS, type PlainServer, startPlainServer } from './plain-server.ts'

const STORAGE = '/configmaps'
const MIB = 1024 * 1024

/** Puts an object where a create would, without the time of a request. */
function put(store: Store, name: string, data = ''): void {
  const metadata = { name, namespace: 'default', uid: name }
  const revision = store.get(STORAGE, 'default', name)?.revision ?? 0
  store.put(STORAGE, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { data } }, revision)
}

/** A watch whose client reads as it likes. */
function openWatch({ server }: PlainServer, query: string): Promise<IncomingMessage> {
  const agent = new Agent()
  onTestFinished(() => agent.destroy())
  return new Promise((resolve, reject) => {
    const url = `${server.url}${CONFIG_MAPS}?watch=true&${query}`
    const sent = request(url, { agent, headers: { authorization: 'Bearer t' } }, resolve)
    sent.on('error', reject)
    sent.end()
  })
}

/** Names of the objects of so many events, in the order of the events. Events may be large: no byte is looked at twice. */
async function namesOf(watch: IncomingMessage, events: number): Promise<string[]> {
  const names: string[] = []
  let begun: string[] = []
  for await (const chunk of watch.setEncoding('utf8')) {
    const [first, ...others] = (chunk as string).split('\n')
    begun.push(first ?? '')
    for (const next of others) {
      const line = begun.join('')
      names.push(/"name":"([^"]+)"/.exec(line)?.[1] ?? line)
      begun = [next]
    }
    if (names.length >= events) return names
  }
  throw new Error(`The watch ended after ${names.length} events`)
}

test('Each of 100 watchers of 10,000 objects is told every change in its order', { timeout: 120_000 }, async () => {
  const store = new Store()
  const plain = await startPlainServer({ store })
  for (let i = 0; i < 10_000; i++) put(store, `object-${i}`, 'x'.repeat(100))
  const { revision } = store
  const watches = await Promise.all(Array.from({ length: 100 }, () => openWatch(plain, `resourceVersion=${revision}`)))
  const wanted = Array.from({ length: 200 }, (_, i) => `object-${(i * 7919) % 10_000}`)
  const seen = Promise.all(watches.map((watch) => namesOf(watch, wanted.length)))
  for (const name of wanted) put(store, name, 'changed')
  for (const names of await seen) expect(names).toEqual(wanted)
  const { body } = await plain.request('GET', CONFIG_MAPS)
  // And the certificates that each namespace has.
  expect((body as { items: unknown[] }).items.length).toBe(10_001)
})

test('A watcher that does not read is cut off, and one that reads goes on', { timeout: 120_000 }, async () => {
  const store = new Store()
  const plain = await startPlainServer({ store })
  const { revision } = store
  const slow = await openWatch(plain, `resourceVersion=${revision}`)
  const fast = await openWatch(plain, `resourceVersion=${revision}`)
  const cut = new Promise((resolve) => slow.once('close', resolve).once('error', () => {}))
  slow.pause()
  const seen = namesOf(fast, 64)
  for (let i = 0; i < 64; i++) {
    put(store, `large-${i}`, 'x'.repeat(MIB))
    // A request's worth of time: whoever reads can.
    await plain.request('GET', `${CONFIG_MAPS}/nothing`)
  }
  expect(await seen).toEqual(Array.from({ length: 64 }, (_, i) => `large-${i}`))
  slow.resume()
  await cut
  expect(slow.complete).toBe(false)
})

test('What the bounded history no longer has is a 410: to a watch as an event, to a list that goes on with a new token', async () => {
  const store = new Store({ maxHistoryEvents: 10 })
  const { server, request: ask } = await startPlainServer({ store })
  for (const name of ['a', 'b', 'c']) put(store, name)
  const first = await ask('GET', `${CONFIG_MAPS}?limit=1`)
  const { metadata } = first.body as { metadata: { resourceVersion: string; continue: string } }
  for (let i = 0; i < 50; i++) put(store, 'a', String(i))
  const query = `watch=true&resourceVersion=${metadata.resourceVersion}`
  const watch = await fetch(`${server.url}${CONFIG_MAPS}?${query}`, { headers: { authorization: 'Bearer t' } })
  expect(JSON.parse(await watch.text())).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  const next = await ask('GET', `${CONFIG_MAPS}?limit=1&continue=${metadata.continue}`)
  expect(next).toMatchObject({ status: 410, body: { reason: 'Expired' } })
  const again = (next.body as { metadata: { continue: string } }).metadata.continue
  const rest = await ask('GET', `${CONFIG_MAPS}?continue=${again}`)
  const { items } = rest.body as { items: { metadata: { name: string } }[] }
  expect([rest.status, items.map((each) => each.metadata.name)]).toEqual([200, expect.arrayContaining(['b', 'c'])])
})
