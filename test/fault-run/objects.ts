import type { ControlPlane } from '../control-plane/control-plane.ts'
import type { Change } from './faults.ts'
import type { FinalCopy, FinalObject } from './judge.ts'

export const NAMESPACES = ['run-0', 'run-1', 'run-2', 'run-3', 'run-4']
const OBJECTS_EACH = 20
export const OBJECTS = NAMESPACES.length * OBJECTS_EACH

const BASE = '/apis/e2e.example.com/v1'

/** The objects of a run, made and changed by the admin, past the proxy. */
export interface RunObjects {
  createAll(): Promise<void>
  /** Makes the object where there is none. Answers whether the API server took it: an object that is being deleted takes few changes. */
  change(kind: Change, object: number, draw: number): Promise<boolean>
  list(): Promise<FinalObject[]>
  copies(): Promise<FinalCopy[]>
}

export function createRunObjects({ request }: Pick<ControlPlane, 'request'>): RunObjects {
  const sizes = new Map<number, number>()
  return {
    async createAll() {
      for (const name of NAMESPACES) await request('POST', '/api/v1/namespaces', { metadata: { name } })
      for (let object = 0; object < OBJECTS; object++) await create(object, 0)
    },
    change,
    list: async () => (await items(`${BASE}/trials`)) as FinalObject[],
    copies: async () => (await items('/api/v1/configmaps')) as FinalCopy[],
  }

  async function change(kind: Change, object: number, draw: number): Promise<boolean> {
    const path = pathOf(object)
    switch (kind) {
      case 'resize':
        return changeOrCreate(object, path, { spec: { size: nextSize(object) } })
      case 'label':
        return changeOrCreate(object, path, { metadata: { labels: { draw: String(draw) } } })
      case 'foreignStatus':
        return changeOrCreate(object, `${path}/status`, { status: { foreign: draw } })
      case 'remove':
        return isGood(await request('DELETE', path))
      case 'remake':
        await request('DELETE', path)
        return create(object, nextSize(object))
      default:
        return kind satisfies never
    }
  }

  async function changeOrCreate(object: number, path: string, patch: object): Promise<boolean> {
    const answer = await request('PATCH', path, patch)
    return answer.status === 404 ? create(object, nextSize(object)) : isGood(answer)
  }

  async function create(object: number, size: number): Promise<boolean> {
    const { namespace, name } = placeOf(object)
    const body = { apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata: { name }, spec: { size } }
    return isGood(await request('POST', `${BASE}/namespaces/${namespace}/trials`, body))
  }

  /** Another one each time, so that the spec always changes. */
  function nextSize(object: number): number {
    const size = (sizes.get(object) ?? 0) + 1
    sizes.set(object, size)
    return size
  }

  async function items(path: string): Promise<unknown[]> {
    return ((await request('GET', path)).body as { items: unknown[] }).items
  }
}

function placeOf(object: number): { namespace: string; name: string } {
  const namespace = NAMESPACES[object % NAMESPACES.length] as string
  return { namespace, name: `trial-${String(object).padStart(3, '0')}` }
}

function pathOf(object: number): string {
  const { namespace, name } = placeOf(object)
  return `${BASE}/namespaces/${namespace}/trials/${name}`
}

const isGood = ({ status }: { status: number }) => status < 300
