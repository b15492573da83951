/**
 * Writes runtime/apiserver/kinds/kinds.json from a real API server: `KUBEBUILDER_ASSETS=… npm run kinds`.
 * A new Kubernetes version is one run of this with that version's programs.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Agent, fetch } from 'undici'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { distill } from './distill.ts'
import { formatKinds } from './format-kinds.ts'

const target = fileURLToPath(new URL('../../../runtime/apiserver/kinds/kinds.json', import.meta.url))
const controlPlane = await startControlPlane({ server: 'real' })
try {
  const kinds = await distill(readerOf(controlPlane))
  writeFileSync(target, formatKinds(kinds))
  console.log(
    `${target}: Kubernetes ${kinds.version.gitVersion}, ${kinds.resources.length} resources, ` +
      `${Object.keys(kinds.schemas).length} schemas`,
  )
} finally {
  await controlPlane.stop()
}

function readerOf({ url, token }: ControlPlane): (path: string, accept?: string) => Promise<unknown> {
  // Loopback only, and the server made its certificate itself.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  return async (path, accept = 'application/json') => {
    const headers = { authorization: `Bearer ${token}`, accept }
    const response = await fetch(new URL(path, url), { dispatcher, headers })
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`)
    return response.json()
  }
}
