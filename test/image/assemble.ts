/**
 * Lays out what the Dockerfile's last stage copies, without an engine: `node test/image/assemble.ts FOLDER`.
 * The build stage's files are taken from this checkout, so `npm run build` has to come first.
 */
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { copiesOf, imageStage, readDockerfile, repository, settingOf } from './dockerfile.ts'

export interface AssembleOptions {
  /** Built elsewhere than in dist/. */
  readonly dist?: string
}

/** Writes the image's own files, without those of its base, below `root`. */
export function assembleImage(root: string, { dist = join(repository, 'dist') }: AssembleOptions = {}): void {
  const stages = readDockerfile()
  for (const { from, sources, target } of copiesOf(imageStage(stages))) {
    const stage = from === undefined ? undefined : stages.find(({ name }) => name === from)
    for (const source of sources) {
      const path = stage === undefined ? source : relative(settingOf(stage, 'WORKDIR'), source)
      const built = relative('dist', path)
      copy(
        built.startsWith('..') ? join(repository, path) : join(dist, built),
        join(root, target),
        target.endsWith('/'),
      )
    }
  }
}

/** As COPY does: of a folder its content; a file into a target that ends in a slash. */
function copy(from: string, target: string, intoFolder: boolean): void {
  if (!existsSync(from)) throw new Error(`Cannot copy "${from}": it does not exist; run npm ci and npm run build`)
  const isFolder = statSync(from).isDirectory()
  mkdirSync(isFolder || intoFolder ? target : join(target, '..'), { recursive: true })
  cpSync(from, isFolder || !intoFolder ? target : join(target, basename(from)), { recursive: true })
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('Usage: node test/image/assemble.ts FOLDER')
  assembleImage(resolve(folder))
}
