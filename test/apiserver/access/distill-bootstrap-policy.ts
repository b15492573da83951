/**
 * Takes the roles and bindings that a new cluster has from a real server into runtime/apiserver/access/bootstrap-policy.json:
 * `KUBEBUILDER_ASSETS=… node test/apiserver/access/distill-bootstrap-policy.ts` (a part of `npm run kinds`).
 */
import { writeFileSync } from 'node:fs'
import { startControlPlane } from '../../control-plane/control-plane.ts'

interface Item {
  readonly kind: string
  readonly metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  readonly [field: string]: unknown
}

const LABEL = 'kubernetes.io/bootstrapping'
const kinds = 'clusterroles,clusterrolebindings,roles,rolebindings'

const items = (JSON.parse(await rolesOfNewCluster()) as { items: Item[] }).items.map(
  ({ apiVersion, kind, metadata, ...rest }) => {
    const { name, namespace, labels: { [LABEL]: __, ...labels } = {} } = metadata
    const kept = { name, ...(namespace && { namespace }), ...(Object.keys(labels).length > 0 && { labels }) }
    return { kind, apiVersion, metadata: kept, ...rest }
  },
)
const lines = items.map((item) => JSON.stringify(item)).join(',\n')
const file = new URL('../../../runtime/apiserver/access/bootstrap-policy.json', import.meta.url)
writeFileSync(file, `[\n${lines}\n]\n`)

async function rolesOfNewCluster(): Promise<string> {
  const controlPlane = await startControlPlane({ server: 'real' })
  try {
    return await controlPlane.kubectl(['get', kinds, '-A', '-l', `${LABEL}=rbac-defaults`, '-o', 'json'])
  } finally {
    await controlPlane.stop()
  }
}
