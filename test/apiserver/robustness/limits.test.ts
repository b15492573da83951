import { once } from 'node:events'
import { expect, test } from 'vitest'
import { BODY_TIMEOUT_MS } from '../../../runtime/apiserver/http/read-body.ts'
import { realClock } from '../../../runtime/util/clock.ts'
import { createFakeClock } from '../../fake-clock.ts'
import { CONFIG_MAPS, head, readAll, startPlainServer } from './plain-server.ts'

const JSON_TYPE = 'Content-Type: application/json'

test('A body that does not arrive within 60 s is told so, and its connection closed', async () => {
  const fake = createFakeClock(Date.now())
  const waiting = Promise.withResolvers<void>()
  const clock = {
    ...fake,
    after: (delayMs: number, callback: () => void) => {
      if (delayMs === BODY_TIMEOUT_MS) waiting.resolve()
      return fake.after(delayMs, callback)
    },
  }
  const { open, faults } = await startPlainServer({ clock })
  const socket = open()
  const answer = readAll(socket)
  socket.write(`${head('POST', CONFIG_MAPS, JSON_TYPE, 'Content-Length: 100')}\r\n\r\n{"a`)
  await waiting.promise
  await fake.advance(BODY_TIMEOUT_MS)
  expect(await answer).toMatch(/^HTTP\/1\.1 408 .*the request body did not arrive in time/s)
  expect(faults).toEqual([])
})

test.each([
  ['within its body', `${head('POST', CONFIG_MAPS, JSON_TYPE, 'Content-Length: 100')}\r\n\r\n{"a`],
  ['within a chunk', `${head('POST', CONFIG_MAPS, JSON_TYPE, 'Transfer-Encoding: chunked')}\r\n\r\n9\r\n{"a`],
])('A client that goes away %s is no fault of the server, and no timer waits for it', async (_, sent) => {
  const pending = new Set<symbol>()
  const began = Promise.withResolvers<void>()
  const clock = {
    ...realClock,
    after: (delayMs: number, callback: () => void) => {
      if (delayMs !== BODY_TIMEOUT_MS) return realClock.after(delayMs, callback)
      const id = Symbol()
      pending.add(id)
      began.resolve()
      return () => void pending.delete(id)
    },
  }
  const { open, request, faults } = await startPlainServer({ clock })
  const socket = open()
  socket.write(sent)
  await began.promise
  socket.destroy()
  await expect.poll(() => pending.size).toBe(0)
  expect(await request('GET', CONFIG_MAPS)).toMatchObject({ status: 200 })
  expect(faults).toEqual([])
})

test('A connection beyond the limit is closed, and those within it are served; one that ends makes room', async () => {
  const { open } = await startPlainServer({ maxConnections: 3 })
  const within = Array.from({ length: 3 }, () => open())
  await Promise.all(within.map((socket) => once(socket, 'connect')))
  expect(await readAll(open())).toBe('')
  within[0]?.destroy()
  const served = async () => {
    const socket = open()
    socket.write(`${head('GET', '/version', 'Connection: close')}\r\n\r\n`)
    return (await readAll(socket)).slice(0, 12)
  }
  await expect.poll(served).toBe('HTTP/1.1 200')
})
