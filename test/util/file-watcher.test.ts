import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { realClock } from '../../runtime/util/clock.ts'
import { createFileWatcher, type FileWatcher } from '../../runtime/util/file-watcher.ts'
import { createFakeClock } from '../fake-clock.ts'

let folder: string
let watcher: FileWatcher
let told: string[]

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'ostler-watch-')))
  told = []
  watcher = createFileWatcher(realClock, (files) => told.push(...files))
})

afterEach(async () => {
  await watcher.close()
  await rm(folder, { recursive: true })
})

/** Repeats a change until it is told: the watcher gives no sign when it has begun. */
async function untilTold(file: string, change: () => Promise<unknown>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (told.includes(file)) return
      await change()
      await vi.waitFor(() => expect(told).toContain(file), { timeout: 500 })
    },
    { timeout: 10_000 },
  )
}

test('createFileWatcher() tells of a file that is written, and of no other', async () => {
  const [file, other] = [join(folder, 'a.ts'), join(folder, 'b.ts')]
  await writeFile(file, 'one')
  watcher.watch([file])
  await untilTold(file, async () => {
    await writeFile(other, `${Math.random()}`)
    await writeFile(file, `${Math.random()}`)
  })
  expect(told).not.toContain(other)
})

test('createFileWatcher() tells of a file that another is renamed onto', async () => {
  const file = join(folder, 'a.ts')
  await writeFile(file, 'one')
  watcher.watch([file])
  await untilTold(file, async () => {
    await writeFile(`${file}.new`, `${Math.random()}`)
    await rename(`${file}.new`, file)
  })
})

test('createFileWatcher() tells of a file that comes to be', async () => {
  const file = join(folder, 'later.ts')
  watcher.watch([file])
  await untilTold(file, () => writeFile(file, `${Math.random()}`))
})

test('createFileWatcher() tells of a file whose ConfigMap volume swaps its ..data link', async () => {
  let version = 0
  const publish = async () => {
    const data = join(folder, `..version-${++version}`)
    await mkdir(data)
    await writeFile(join(data, 'ostler.yaml'), `version ${version}`)
    await symlink(`..version-${version}`, join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  await publish()
  const file = join(folder, 'ostler.yaml')
  await symlink('..data/ostler.yaml', file)
  watcher.watch([file])
  await untilTold(file, publish)
})

test('createFileWatcher() tells of a file above whose folder a link is swapped, which the file system gives no sign of', async () => {
  for (const name of ['1', '2']) {
    await mkdir(join(folder, name, 'handlers'), { recursive: true })
    await writeFile(join(folder, name, 'handlers/a.ts'), name)
  }
  await symlink('1', join(folder, 'current'))
  const file = join(folder, 'current/handlers/a.ts')
  const clock = createFakeClock()
  const linked = createFileWatcher(clock, (files) => told.push(...files))
  linked.watch([file])
  let release = 1
  await untilTold(file, async () => {
    release = 3 - release
    await symlink(`${release}`, join(folder, 'next'))
    await rename(join(folder, 'next'), join(folder, 'current'))
    await clock.advance(6_000)
  })
  await linked.close()
})
