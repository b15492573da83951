import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

const CLI = resolve(import.meta.dirname, '../../runtime/cli/main.ts')

export interface CommandOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs an `ostler` command that ends by itself, with no environment but `env`. */
export function ostler(
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 60_000 }: { cwd: string; env?: NodeJS.ProcessEnv; timeoutMs?: number },
): Promise<CommandOutcome> {
  const options = { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...env }, timeout: timeoutMs }
  return new Promise((done, reject) => {
    execFile(process.execPath, ['--disable-sigusr1', CLI, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') done({ code, stdout, stderr })
      else reject(new Error(`ostler ${args.join(' ')} did not end by itself:\n${stdout}${stderr}`, { cause: error }))
    })
  })
}
