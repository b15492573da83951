import { expect, test } from 'vitest'
import type { StreamSink } from '../../../runtime/apiserver/http/answer.ts'
import { type PendingLine, WatchStream } from '../../../runtime/apiserver/rest/watch-stream.ts'

/** A client that reads only when told to. */
function createSink(isFast: boolean) {
  const written: string[] = []
  let drain = () => {}
  const state = { isDestroyed: false, isEnded: false }
  const sink: StreamSink = {
    write: (chunk) => written.push(chunk) > 0 && isFast,
    onDrain: (listener) => {
      drain = listener
    },
    onClose: () => {},
    end: () => {
      state.isEnded = true
    },
    destroy: () => {
      state.isDestroyed = true
    },
  }
  return { sink, written, state, drain: () => drain() }
}

const line = (text: string, length = text.length): PendingLine => ({ length, make: () => text })

test('WatchStream keeps the order of lines, also where one takes time to be made', async () => {
  const { sink, written } = createSink(true)
  const stream = new WatchStream(sink, () => {})
  const { promise, resolve } = Promise.withResolvers<string>()
  stream.push({ length: 1, make: () => promise })
  stream.push(line('b'))
  expect(written).toEqual([])
  resolve('a')
  await promise
  await Promise.resolve()
  expect(written).toEqual(['a', 'b'])
})

test('WatchStream writes no more to a client that is behind, until it has caught up', () => {
  const { sink, written, drain } = createSink(false)
  const stream = new WatchStream(sink, () => {})
  stream.pushInitial([line('a'), line('b')])
  expect(written).toEqual(['a'])
  drain()
  expect(written).toEqual(['a', 'b'])
})

test('WatchStream cuts off a client that lets too much wait', () => {
  const { sink, state } = createSink(false)
  const stream = new WatchStream(sink, () => {})
  stream.push(line('first'))
  for (let i = 0; i < 16; i++) stream.push(line('x', 1024 * 1024))
  expect(state.isDestroyed).toBe(false)
  stream.push(line('x', 1024 * 1024))
  expect(state.isDestroyed).toBe(true)
})

test('WatchStream that was cut off neither keeps nor makes what still comes', () => {
  const { sink, written, drain } = createSink(false)
  const stream = new WatchStream(sink, () => {})
  stream.push(line('first'))
  stream.push(line('x', 17 * 1024 * 1024))
  stream.push(line('late'))
  drain()
  expect(written).toEqual(['first'])
})

test('WatchStream ends after what waits has been written', () => {
  const { sink, written, state, drain } = createSink(false)
  const stream = new WatchStream(sink, () => {})
  stream.push(line('a'))
  stream.push(line('b'))
  stream.end()
  expect(state.isEnded).toBe(false)
  drain()
  drain()
  expect(written).toEqual(['a', 'b'])
  expect(state.isEnded).toBe(true)
})
