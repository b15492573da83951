import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { RuntimeError } from '../../runtime/errors.ts'
import { type Bundle, bundleHandler } from '../../runtime/sandbox/bundle.ts'

/** What stands in every file outside a project, and must turn up nowhere. */
export const SECRET = 'eyJhbGciOiJSUzI1NiJ9'

/** A project in a temporary folder: `app/` holds it, beside it lie files that are none of its business. */
export interface TestProject {
  readonly root: string
  readonly outside: string
  write(path: string, text: string): string
  link(path: string, target: string): void
  bundle(handler?: string): Promise<Bundle>
  /** Bundles what must not bundle; the faults as `handlers/h.ts:1:8: message`, after a look for the secret. */
  faults(handler?: string): Promise<string[]>
}

export function createProject(files: Record<string, string> = {}): TestProject {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'ostler-bundle-')))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
  const root = join(top, 'app')
  const outside = join(top, 'outside')
  const project: TestProject = {
    root,
    outside,
    write(path, text) {
      const file = join(root, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      return file
    },
    link(path, target) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      symlinkSync(target, join(root, path))
    },
    bundle: (handler = 'handlers/h.ts') =>
      bundleHandler({ file: join(root, handler), configDir: join(root, 'config') }),
    async faults(handler) {
      const error = await project.bundle(handler).then(
        ({ code }) => Promise.reject(new Error(`It bundled: ${code}`)),
        (error: unknown) => error,
      )
      if (!(error instanceof RuntimeError)) throw error
      const shown = JSON.stringify({ ...error, message: error.message, cause: String(error.cause) })
      if (shown.includes(SECRET)) throw new Error(`The secret is in the fault: ${shown}`)
      return error.faults.map(({ file, line, column, message }) => {
        const place = file.startsWith(root) ? file.slice(root.length + 1) : file
        return `${place}:${line}:${column}: ${message.replaceAll(top, '')}`
      })
    },
  }
  const standing = { 'package.json': '{"name":"app"}', 'config/ostler.yaml': '' }
  for (const [path, text] of Object.entries({ ...standing, ...files })) project.write(path, text)
  project.write('../outside/token', SECRET)
  project.write('../outside/token.json', JSON.stringify({ token: SECRET }))
  project.write('../outside/broken.json', SECRET)
  project.write('../outside/secret.ts', `export const token = '${SECRET}'`)
  return project
}

/** What a bundle exports, evaluated here as a guest would. */
export function exportsOf({ code }: Bundle): Record<string, unknown> {
  const module = { exports: {} as Record<string, unknown> }
  new Function('module', 'exports', code)(module, module.exports)
  return module.exports
}
