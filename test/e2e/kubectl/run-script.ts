import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Script, textOf } from './scripts.ts'

/** What one line printed, as its user sees it. */
export interface Printed {
  readonly line: string
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface KubectlTarget {
  /** The folder that holds kubectl. */
  readonly assets: string
  /** The admin's. */
  readonly kubeconfig: string
}

/** No line has a reason to take longer, on a busy machine either. */
const LINE_TIMEOUT_MS = 90_000
const MAX_OUTPUT_BYTES = 4 << 20

/** Runs the lines one after another, in a namespace and a folder that are made for them and removed afterwards. */
export async function runScript({ name, lines }: Script, { assets, kubeconfig }: KubectlTarget): Promise<Printed[]> {
  const dir = mkdtempSync(join(tmpdir(), 'ostler-kubectl-'))
  try {
    cpSync(join(import.meta.dirname, 'files'), dir, { recursive: true })
    cpSync(kubeconfig, join(dir, 'kubeconfig'))
    const shell = createShell(dir, assets)
    await prepare(shell, name)
    const printed: Printed[] = []
    for (const line of lines) printed.push(await shell(textOf(line)))
    await shell(`kubectl delete namespace ${name} --wait=false`)
    return printed
  } finally {
    // What kubectl left running may still write its cache.
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

type Shell = (line: string) => Promise<Printed>

async function prepare(shell: Shell, namespace: string): Promise<void> {
  const ready = await shell(
    `kubectl create namespace ${namespace} && kubectl config set-context --current --namespace=${namespace} &&
     kubectl wait --for=create serviceaccount/default configmap/kube-root-ca.crt --timeout=60s`,
  )
  if (ready.code !== 0) throw new Error(`Cannot make the namespace "${namespace}": ${ready.stderr}`)
}

function createShell(dir: string, assets: string): Shell {
  const env = {
    PATH: `${assets}${delimiter}${process.env.PATH}`,
    HOME: dir,
    KUBECONFIG: join(dir, 'kubeconfig'),
    KUBECTL_EXTERNAL_DIFF: 'diff -u',
  }
  const options = { cwd: dir, env, timeout: LINE_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES }
  return (line) =>
    new Promise((done, reject) => {
      execFile('sh', ['-c', line], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code
        if (typeof code === 'number') done({ line, code, stdout, stderr })
        else reject(new Error(`"${line}" did not end by itself:\n${stdout}${stderr}`, { cause: error }))
      })
    })
}
