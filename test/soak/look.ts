import { readdirSync, readlinkSync } from 'node:fs'
import { Session } from 'node:inspector'
import { setImmediate as turn } from 'node:timers/promises'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CHURNED, type Holding } from './holding.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const Timeout = setTimeout(() => {}, 0).constructor as new () => object

/** What this process holds, its garbage collected. */
export async function look(): Promise<Holding> {
  // What the first round frees may hold on to more by a finalizer.
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await turn()
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  const [maps, sets, arrays] = ['Map', 'Set', 'Array'].map(keyedByObject)
  return {
    rss,
    heapUsed,
    external,
    arrayBuffers,
    descriptors: descriptors(),
    timers: queryObjects(Timeout, { format: 'count' }),
    promises: queryObjects(Promise, { format: 'count' }),
    signals: queryObjects(AbortSignal, { format: 'count' }),
    resources: Object.groupBy(process.getActiveResourcesInfo(), (name) => name) as Holding['resources'],
    keyed: [...(maps ?? []), ...(sets ?? []), ...(arrays ?? [])],
  }
}

/** How many there are of each kind, as /proc names them without their numbers. */
function descriptors(): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const kind = readlinkSync(`/proc/self/fd/${name}`).replace(/[:/].*/, '') || 'file'
      kinds[kind] = (kinds[kind] ?? 0) + 1
    } catch {
      // The one that reads the folder.
    }
  }
  return kinds
}

/** All living Maps, Sets or Arrays with a key or element that names a churned object: private fields can be seen no other way. */
function keyedByObject(type: string): Holding['keyed'] {
  const session = new Session()
  session.connect()
  try {
    const prototype = post(session, 'Runtime.evaluate', { expression: `${type}.prototype` }).result
    const all = post(session, 'Runtime.queryObjects', { prototypeObjectId: prototype?.objectId }).objects
    const { result } = post(session, 'Runtime.callFunctionOn', {
      objectId: all?.objectId,
      functionDeclaration: COUNT,
      arguments: [{ value: CHURNED.source }],
      returnByValue: true,
    })
    const found = result?.value as Omit<Holding['keyed'][number], 'type'>[]
    return found.map((collection) => ({ type, ...collection }))
  } finally {
    session.disconnect()
  }
}

const COUNT = `function (source) {
  const churned = new RegExp(source)
  const found = []
  for (const collection of this) {
    let keys
    try {
      keys = Array.isArray(collection) ? collection : [...collection.keys()]
    } catch {
      // It inherits from a Map and is none.
      continue
    }
    const names = keys.filter((key) => typeof key === 'string' && churned.test(key))
    if (names.length > 0) found.push({ count: names.length, example: names[0].slice(0, 120) })
  }
  return found
}`

interface Posted {
  readonly result?: { readonly objectId?: string; readonly value?: unknown }
  readonly objects?: { readonly objectId?: string }
  readonly exceptionDetails?: unknown
}

/** In-process, the answer is there when the call returns. */
function post(session: Session, method: string, params: object): Posted {
  let posted: Posted = {}
  session.post(method, params, (error: Error | null, answer?: object) => {
    if (error !== null) throw error
    posted = answer as Posted
  })
  if (posted.exceptionDetails !== undefined) throw new Error(JSON.stringify(posted.exceptionDetails))
  return posted
}
