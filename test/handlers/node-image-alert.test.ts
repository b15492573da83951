import { expect, test } from 'vitest'
import { reconcile } from '../../handlers/node-image-alert.ts'
import { type KubeObject, TerminalError } from '../../runtime/index.ts'
import { scriptedContext } from './scripted-context.ts'

const Mi = 2 ** 20
const NODE = 'v1/Node'
const ANNOTATION = 'ostler.dev/alert'

function scripted(settings: object = { threshold: '500Mi' }) {
  const script = scriptedContext('alert', settings)
  const setImages = (name: string, sizes: readonly number[], labels: Record<string, string> = {}) => {
    const present = script.stored<KubeObject | undefined>(NODE, name)
    const metadata = { name, labels, ...present?.metadata }
    script.put({
      apiVersion: 'v1',
      kind: 'Node',
      metadata,
      status: { images: sizes.map((sizeBytes) => ({ sizeBytes })) },
    })
  }
  const node = () => script.stored<never>(NODE, 'example')
  const memory = () => script.stored(NODE, 'example').metadata.annotations?.[ANNOTATION]
  return { ...script, setImages, memory, node, run: (given = node()) => reconcile(given, script.context) }
}

test('a node that is seen for the first time is recorded, without a warning', async () => {
  const { setImages, run, memory, events } = scripted()
  setImages('example', [700 * Mi, 500 * Mi])
  await run()
  expect(memory()).toBe(JSON.stringify({ new: 1200 * Mi }))
  expect(events).toEqual([])
})

test('a change beyond the threshold warns once, with both figures in the annotation, whichever way it goes', async () => {
  const { setImages, run, memory, events } = scripted()
  setImages('example', [1000 * Mi])
  await run()
  setImages('example', [1000 * Mi, 501 * Mi])
  await run()
  await run()
  expect(events).toEqual(['Warning ImageStorageChanged: Images take 1.5Gi, 501Mi more than 1000Mi'])
  expect(memory()).toBe(JSON.stringify({ old: 1000 * Mi, new: 1501 * Mi }))
  setImages('example', [])
  await run()
  expect(events.at(-1)).toBe('Warning ImageStorageChanged: Images take 0, 1.5Gi less than 1.5Gi')
  expect(events).toHaveLength(2)
})

test('a change that just reaches the threshold is none, and small ones add up', async () => {
  const { setImages, run, writes, events } = scripted()
  setImages('example', [1000 * Mi])
  await run()
  setImages('example', [1500 * Mi])
  await run()
  expect(writes).toHaveLength(1)
  setImages('example', [1501 * Mi])
  await run()
  expect(events).toHaveLength(1)
})

test('an outdated node in hand does not warn again of what was reported', async () => {
  const { setImages, run, node, events, writes } = scripted()
  setImages('example', [1000 * Mi])
  await run()
  setImages('example', [2000 * Mi])
  const outdated = node()
  await run()
  await run(outdated)
  expect(events).toHaveLength(1)
  expect(writes).toHaveLength(2)
})

test('a kubelet that writes in between is asked again: what is reported is what it wrote last', async () => {
  const { setImages, run, memory, beforeWrite, events } = scripted()
  setImages('example', [1000 * Mi])
  await run()
  setImages('example', [2000 * Mi])
  beforeWrite(() => setImages('example', [3000 * Mi]))
  await run()
  expect(events).toHaveLength(1)
  expect(memory()).toBe(JSON.stringify({ old: 1000 * Mi, new: 3000 * Mi }))
})

test('an annotation that holds no figure counts as none', async () => {
  const { put, run, memory, events } = scripted()
  const annotations = { [ANNOTATION]: '{"new":"much"}' }
  put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'example', annotations } })
  await run()
  expect(memory()).toBe('{"new":0}')
  expect(events).toEqual([])
})

test('the total in the log is over the nodes that the selector holds', async () => {
  const selector = { labelSelector: 'pool=a' }
  const { setImages, run, logged } = scripted({ threshold: '1Gi', selector })
  setImages('example', [100], { pool: 'a' })
  setImages('second', [20, 3], { pool: 'a' })
  setImages('third', [4000], { pool: 'b' })
  await run()
  expect(logged).toContain(
    `info Image storage of the selected nodes ${JSON.stringify({ nodes: 2, bytes: 123, ...selector })}`,
  )
})

test.each(['100', '1.5G', '0.5Mi', '2Ti', '1k'])('the threshold %s is a quantity', async (threshold) => {
  const { setImages, run } = scripted({ threshold })
  setImages('example', [1])
  await expect(run()).resolves.toBeUndefined()
})

test.each([undefined, 500, '', '10%', '-1Mi', '5 Mi', '1Kb', '1ki'])(
  'the threshold %j ends the call for good, as another attempt would find the same',
  async (threshold) => {
    const { setImages, run } = scripted({ threshold })
    setImages('example', [1])
    await expect(run()).rejects.toThrow(TerminalError)
  },
)
