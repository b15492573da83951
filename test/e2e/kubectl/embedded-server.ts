import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const CLI = resolve(import.meta.dirname, '../../../runtime/cli/main.ts')

export interface EmbeddedServer {
  /** The admin's. */
  readonly kubeconfig: string
  stop(): Promise<void>
}

/** `ostler apiserver --simulate workloads`, as its users start it. Resolves once it answers. */
export async function startEmbeddedServer(): Promise<EmbeddedServer> {
  const dir = mkdtempSync(join(tmpdir(), 'ostler-apiserver-'))
  const kubeconfig = join(dir, 'kubeconfig')
  const args = ['--disable-sigusr1', CLI, 'apiserver', '--kubeconfig-out', kubeconfig, '--simulate', 'workloads']
  const child = spawn(process.execPath, args, { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((done) => child.once('exit', done))
  const told = new Promise<string>((done) => child.stdout.once('data', (chunk: Buffer) => done(String(chunk))))
  const first = await Promise.race([told, ended])
  if (typeof first !== 'string') throw new Error(`ostler apiserver ended with code ${first}`)
  return {
    kubeconfig,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
