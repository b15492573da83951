import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { lockFolder } from './folder-lock.ts'
import type { StoredObject, StoreEvent } from './store.ts'

/** A state on disk that follows a store. */
export interface Journal {
  /** As it was when the journal was opened. */
  readonly objects: readonly StoredObject[]
  readonly revision: number
  /** Writes a change down, before it is made. */
  append(event: StoreEvent): void
  close(): void
}

const FILE = 'journal'
/** Rewritten when it has grown by this much, and to twice what it was when it held nothing old: reading it back takes a second. */
const MAX_GROWTH_BYTES = 32 * 1024 * 1024

type Header =
  | {
      readonly op: 'put'
      readonly revision: number
      readonly key: readonly [string, string, string]
      readonly uid: string
    }
  | { readonly op: 'delete'; readonly revision: number; readonly key: readonly [string, string, string] }
  /** Says no more than how far the revisions had come. */
  | { readonly op: 'mark'; readonly revision: number }

/**
 * Opens the journal of a folder, or begins one: a line for each change, with a checksum in front.
 *
 * Every change is handed to the kernel before its request is answered, so that it outlives the process however that ends. A
 * line that was cut off is the last one, and its change was never answered: it is taken off; so is one for which the disk had
 * no room. There is no fsync with each change; what a power failure leaves may lack the last seconds.
 * errors: Error for a folder that another server uses, and for a file that is damaged before its end
 */
export function openJournal(folder: string): Journal {
  makeFolder(folder)
  const unlock = lockFolder(folder)
  try {
    const file = join(folder, FILE)
    const { objects, revision, goodBytes, bytes } = readJournal(file)
    const writer = new JournalWriter(file, objects, revision, goodBytes)
    if (bytes > goodBytes) writer.truncate()
    return {
      objects: [...objects.values()],
      revision,
      append: (event) => writer.append(event),
      close() {
        writer.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

class JournalWriter {
  readonly #file: string
  /** What the file stands for, by idOf(). */
  readonly #objects: Map<string, StoredObject>
  #revision: number
  #fd: number
  /** Of whole lines. */
  #bytes: number
  /** What they would be without what is old. */
  #neededBytes = 0
  /** What is behind the whole lines could not be taken off: another line would make it damage. */
  #isBroken = false

  constructor(file: string, objects: Map<string, StoredObject>, revision: number, bytes: number) {
    this.#file = file
    this.#objects = objects
    this.#revision = revision
    this.#bytes = bytes
    for (const { text } of objects.values()) this.#neededBytes += text.length
    this.#fd = openSync(file, 'a', 0o600)
  }

  /** Takes off what is behind the whole lines. */
  truncate(): void {
    this.#isBroken = true
    ftruncateSync(this.#fd, this.#bytes)
    this.#isBroken = false
  }

  append({ type, revision, stored }: StoreEvent): void {
    const id = idOf(stored)
    const line = type === 'DELETED' ? lineOf({ op: 'delete', revision, key: keyOf(stored) }) : lineOfObject(stored)
    this.#write(line)
    this.#revision = revision
    if (type === 'DELETED') this.#objects.delete(id)
    else this.#objects.set(id, stored)
    if (this.#bytes > 2 * this.#neededBytes + MAX_GROWTH_BYTES) this.#rewrite()
  }

  #write(line: string): void {
    if (this.#isBroken) this.truncate()
    try {
      this.#bytes += writeAll(this.#fd, line)
    } catch (error) {
      this.truncate()
      throw error
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Without what is old; where that fails, as on a full disk, the old one goes on and the next try comes as much later. */
  #rewrite(): void {
    try {
      const { fd, bytes } = this.#writeNext(`${this.#file}.next`)
      closeSync(this.#fd)
      this.#fd = fd
      this.#bytes = bytes
      this.#neededBytes = bytes
    } catch {
      this.#neededBytes = this.#bytes / 2
    }
  }

  /** Beside the old one, which counts until the new one is whole and in its place. */
  #writeNext(next: string): { fd: number; bytes: number } {
    const fd = openSync(next, 'ax', 0o600)
    try {
      let bytes = 0
      for (const object of this.#objects.values()) bytes += writeAll(fd, lineOfObject(object))
      bytes += writeAll(fd, lineOf({ op: 'mark', revision: this.#revision }))
      fsyncSync(fd)
      renameSync(next, this.#file)
      return { fd, bytes }
    } catch (error) {
      closeSync(fd)
      rmSync(next, { force: true })
      throw error
    }
  }
}

/** Answers how many bytes it was; a disk that fills up takes a part first. */
function writeAll(fd: number, text: string): number {
  const content = Buffer.from(text)
  for (let at = 0; at < content.length; ) at += writeSync(fd, content, at)
  return content.length
}

interface ReadJournal {
  readonly objects: Map<string, StoredObject>
  readonly revision: number
  readonly bytes: number
  /** What is behind them is a line that was cut off. */
  readonly goodBytes: number
}

function readJournal(file: string): ReadJournal {
  rmSync(`${file}.next`, { force: true })
  const content = readIfThere(file)
  const objects = new Map<string, StoredObject>()
  let revision = 1
  let at = 0
  for (let number = 1; at < content.length; number++) {
    const end = content.indexOf('\n', at)
    const record = end === -1 ? undefined : readLine(content.subarray(at, end).toString('utf8'))
    if (record === undefined) {
      if (end !== -1 && end !== content.length - 1)
        throw new Error(`Cannot use "${file}": line ${number} is damaged, and there are others behind it`)
      break
    }
    revision = apply(objects, record)
    at = end + 1
  }
  return { objects, revision, bytes: content.length, goodBytes: at }
}

function apply(objects: Map<string, StoredObject>, { header, text }: { header: Header; text: string }): number {
  const { revision } = header
  if (header.op === 'mark') return revision
  const [storage, namespace, name] = header.key
  const place = { storage, namespace, name }
  if (header.op === 'put') objects.set(idOf(place), { ...place, uid: header.uid, revision, text })
  else objects.delete(idOf(place))
  return revision
}

/** `checksum header TAB text`; undefined when it is not whole. */
function readLine(line: string): { header: Header; text: string } | undefined {
  const content = line.slice(9)
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(content)) return undefined
  const tab = content.indexOf('\t')
  return { header: JSON.parse(content.slice(0, tab)) as Header, text: content.slice(tab + 1) }
}

function lineOfObject(stored: StoredObject): string {
  return lineOf({ op: 'put', revision: stored.revision, key: keyOf(stored), uid: stored.uid }, stored.text)
}

/** JSON has no tab or line feed of its own. */
function lineOf(header: Header, text = ''): string {
  const content = `${JSON.stringify(header)}\t${text}`
  return `${checksum(content)} ${content}\n`
}

function checksum(content: string): string {
  return crc32(content).toString(16).padStart(8, '0')
}

type Place = Pick<StoredObject, 'storage' | 'namespace' | 'name'>

const keyOf = ({ storage, namespace, name }: Place) => [storage, namespace, name] as const
const idOf = (place: Place) => keyOf(place).join('\t')

/** Not `recursive` where that is not called for: Node.js 26 never comes back from it for a folder in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  mkdirSync(folder, { recursive: !existsSync(dirname(folder)), mode: 0o700 })
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
