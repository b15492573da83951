import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startWatchdog } from '../control-plane/watchdog.ts'

/** A user's folder: package.json, ostler.yaml, handlers/. */
export interface Project {
  readonly dir: string
  /** Beside it, for the logs and pid files of what runs for it: a host that watches its project must not see its own log grow. */
  readonly stateDir: string
  /** The config's path. */
  readonly config: string
  write(path: string, text: string): void
  /** Writes an ostler.yaml with these controllers; the text is JSON, which YAML includes. */
  writeConfig(controllers: readonly object[], rest?: object): void
  /**
   * Writes handlers/NAME.ts and answers the text's hash, which stands in it wherever BUNDLE_HASH did.
   * `remark` is put at the end: another remark, another hash.
   */
  writeHandler(name: string, text: string, remark?: string): string
  /** Kills what has a pid file in `stateDir`, and removes both folders. */
  remove(): Promise<void>
}

/** The folders go with this process, however it ends. */
export function createProject(): Project {
  const stateDir = mkdtempSync(join(tmpdir(), 'ostler-project-'))
  const remove = startWatchdog(stateDir)
  const dir = join(stateDir, 'project')
  const config = join(dir, 'ostler.yaml')
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  write('package.json', '{ "type": "module" }\n')
  return {
    dir,
    stateDir,
    config,
    write,
    remove,
    writeConfig: (controllers, rest = {}) => {
      const content = { apiVersion: 'ostler.dev/v1', kind: 'Ostler', ...rest, controllers }
      write('ostler.yaml', JSON.stringify(content, undefined, 2))
    },
    writeHandler: (name, text, remark = '') => {
      const whole = `${text}// ${remark}\n`
      const hash = createHash('sha256').update(whole).digest('hex').slice(0, 16)
      write(`handlers/${name}.ts`, whole.replaceAll('BUNDLE_HASH', hash))
      return hash
    },
  }
}

/** The text of a handler of fixtures/handlers. */
export function handlerFixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures/handlers', `${name}.ts`), 'utf8')
}

/** The path of a CRD of fixtures/crd. */
export function crdFixture(name: string): string {
  return join(import.meta.dirname, 'fixtures/crd', `${name}.yaml`)
}
