import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A folder as the kubelet writes those of ConfigMaps, Secrets and tokens: the files lie in `..TIME`, `..data` is a link to
 * that, and each name is a link through `..data`. So all files change in one step, when `..data` does.
 * source:  kubernetes pkg/volume/util/atomic_writer.go
 */
export class MountedFiles {
  readonly path: string
  #versions = 0

  constructor(path: string, files: Readonly<Record<string, string>>) {
    this.path = path
    mkdirSync(path, { recursive: true })
    this.write(files)
    for (const name of Object.keys(files)) symlinkSync(`..data/${name}`, join(path, name))
  }

  /** Replaces the content of all files; the names stay the same. */
  write(files: Readonly<Record<string, string>>): void {
    const version = `..2026_11_22_09_00_00.${++this.#versions}`
    mkdirSync(join(this.path, version))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, version, name), text)
    symlinkSync(version, join(this.path, '..data_tmp'))
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'))
    rmSync(join(this.path, `..2026_11_22_09_00_00.${this.#versions - 1}`), { recursive: true, force: true })
  }
}
