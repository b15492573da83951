import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Clock } from './clock.ts'

export interface FileWatcher {
  /** Watches these files, absolute paths, in place of those before; a file that does not exist is waited for. */
  watch(files: Iterable<string>): void
  close(): Promise<void>
}

/**
 * Tells which of some files changed. What the file system says is only a hint to look: the folders are watched, as
 * editors replace files and ConfigMap volumes swap a symlink above them, and the files' own stat decides.
 * timing:  told once things have been quiet for QUIET_MS; what gave no hint is found within LOOK_AGAIN_MS
 */
export function createFileWatcher(clock: Clock, onChange: (files: string[]) => void): FileWatcher {
  /** What stat said last of each watched file; '' for none. */
  const seen = new Map<string, string>()
  const folders = new Set<string>()
  const watcher: FSWatcher = watch([], { depth: 0, ignoreInitial: true, ignorePermissionErrors: true })
  let cancel = () => {}
  watcher.on('all', look)
  watcher.on('raw', look)
  // A folder that goes or cannot be watched: its files are looked at again with the next hint.
  watcher.on('error', look)
  let cancelLookAgain = () => {}
  lookAgain()
  return { watch: watchAll, close }

  /** Some changes give no hint: those before a folder's watch has begun, a link swapped further above, some network volumes. */
  function lookAgain(): void {
    cancelLookAgain = clock.after(LOOK_AGAIN_MS, () => {
      look()
      lookAgain()
    })
  }

  function watchAll(files: Iterable<string>): void {
    const wanted = new Set(files)
    for (const file of seen.keys()) if (!wanted.has(file)) seen.delete(file)
    for (const file of wanted) {
      if (!seen.has(file)) void sign(file).then((signature) => seen.set(file, seen.get(file) ?? signature))
    }
    const wantedFolders = new Set([...wanted].map((file) => dirname(file)))
    for (const folder of folders) if (!wantedFolders.has(folder)) watcher.unwatch(folder)
    for (const folder of wantedFolders) if (!folders.has(folder)) watcher.add(folder)
    folders.clear()
    for (const folder of wantedFolders) folders.add(folder)
  }

  function look(): void {
    cancel()
    cancel = clock.after(QUIET_MS, () => void compare())
  }

  async function compare(): Promise<void> {
    const changed: string[] = []
    for (const [file, before] of [...seen]) {
      const now = await sign(file)
      if (now === before || !seen.has(file)) continue
      seen.set(file, now)
      changed.push(file)
    }
    if (changed.length > 0) onChange(changed)
  }

  async function close(): Promise<void> {
    cancel()
    cancelLookAgain()
    await watcher.close()
  }
}

async function sign(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return ''
  }
}

/** Longer than an editor takes between truncating a file and writing it. */
const QUIET_MS = 60

/** A stat of each file costs microseconds. */
const LOOK_AGAIN_MS = 5_000
