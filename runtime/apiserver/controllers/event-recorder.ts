import type { Clock } from '../../util/clock.ts'
import type { ApiObject } from '../json.ts'
import { rfc3339 } from '../timestamp.ts'
import type { ObjectClient } from './object-client.ts'

const EVENTS = { group: '', version: 'v1', plural: 'events' }

export interface EventRecorder {
  /** Writes it in the background; a failure is told and has no other effect. */
  record(regarding: ApiObject, component: string, type: 'Normal' | 'Warning', reason: string, message: string): void
}

/** Writes events as client-go's recorder names and fills them; one that repeats is counted up. */
export function createEventRecorder(
  client: ObjectClient,
  clock: Clock,
  onError: (controller: string, key: string, error: unknown) => void,
): EventRecorder {
  let sequence = 0
  /** By what they say; the oldest goes when there are MAX_KNOWN. */
  const known = new Map<string, { name: string; count: number }>()

  return {
    record(regarding, component, type, reason, message) {
      const { namespace = '', name = '', uid = '' } = regarding.metadata
      write(regarding, component, type, reason, message).catch((error) =>
        onError('events', `${namespace}/${name} ${uid}`, error),
      )
    },
  }

  async function write(
    regarding: ApiObject,
    component: string,
    type: string,
    reason: string,
    message: string,
  ): Promise<void> {
    const { name = '', uid = '' } = regarding.metadata
    const namespace = regarding.metadata.namespace ?? 'default'
    const now = rfc3339(clock.now())
    const key = [uid, component, type, reason, message].join('\n')
    const same = known.get(key)
    if (same !== undefined) {
      same.count++
      await client.patch(EVENTS, { namespace, name: same.name }, { count: same.count, lastTimestamp: now })
      return
    }
    // Nanoseconds, as client-go has them; the sequence keeps those of one millisecond apart.
    const suffix = (BigInt(clock.now()) * 1_000_000n + BigInt(++sequence % 1_000_000)).toString(16)
    const event = { name: `${name}.${suffix}`, count: 1 }
    remember(key, event)
    await client.create(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: event.name, namespace },
      involvedObject: referenceTo(regarding),
      type,
      reason,
      message,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    })
  }

  function remember(key: string, event: { name: string; count: number }): void {
    known.set(key, event)
    const [oldest] = known.keys()
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
  }
}

/** source: client-go tools/record maxLruCacheEntries */
const MAX_KNOWN = 4096

function referenceTo({ apiVersion, kind, metadata }: ApiObject): Record<string, string> {
  const { namespace, name = '', uid = '', resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    name,
    uid,
    ...(namespace !== undefined && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  }
}
