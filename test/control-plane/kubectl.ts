import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** The real one, as the admin of the control plane in `dir`. Answers stdout. errors: Error with stderr */
export function runKubectl(program: string, dir: string, args: readonly string[], stdin: string): Promise<string> {
  // A cache of its own, or discovery would be read from another cluster that had this port, and HOME would be written to.
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    KUBECACHEDIR: join(dir, 'kubectl-cache'),
    KUBECONFIG: join(dir, 'admin.kubeconfig'),
  }
  return new Promise((resolve, reject) => {
    const options = { env, cwd: process.cwd(), maxBuffer: 64 << 20, timeout: 120_000 }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }))
    })
    child.stdin?.on('error', () => {}) // it may end without reading; its exit code tells
    child.stdin?.end(stdin)
  })
}
