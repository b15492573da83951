import type { StoredObject, StoreEvent } from '../storage/store.ts'
import { StoredView } from './object-filter.ts'

/** What watchers of one change share: the parsed object, and the line as it is. */
export class EventTexts {
  readonly event: StoreEvent
  readonly view: StoredView
  readonly old: StoredView | undefined
  readonly #lines = new Map<string, string>()

  constructor(event: StoreEvent) {
    this.event = event
    this.view = new StoredView(event.stored)
    this.old = event.old === undefined ? undefined : new StoredView(event.old)
  }

  line(type: string, text: string): string {
    const known = this.#lines.get(type)
    if (known !== undefined) return known
    const line = watchLine(type, text)
    this.#lines.set(type, line)
    return line
  }
}

export function watchLine(type: string, text: string): string {
  return `{"type":"${type}","object":${text}}\n`
}

/** The newest change's, as all its watchers are told in a row; no more is kept. */
let latest: EventTexts | undefined

export function textsOf(event: StoreEvent): EventTexts {
  if (latest?.event !== event) latest = new EventTexts(event)
  return latest
}

/** The object as it was before it left what is watched, under the revision at which it did. */
export function withRevision(stored: StoredObject, revision: number): StoredObject {
  const text = stored.text.replace(`"resourceVersion":"${stored.revision}"`, `"resourceVersion":"${revision}"`)
  return { ...stored, revision, text }
}
