import { expect, vi } from 'vitest'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { crdFixture } from './project.ts'

export const TRIALS = '/apis/e2e.example.com/v1/namespaces/default/trials'

export interface Trial {
  readonly metadata: { readonly name: string; readonly generation: number; readonly finalizers?: readonly string[] }
  readonly spec: { readonly size: number }
  readonly status?: { readonly bundle?: string; readonly observedGeneration?: number }
}

/** Objects of fixtures/crd/trial.yaml, made and changed by the admin, past the host. */
export interface Trials {
  /** Makes trial-0000 and so on. */
  create(count: number): Promise<void>
  /** Sets the size of one. */
  change(index: number, size: number): Promise<void>
  list(): Promise<Trial[]>
  /** Resolves when all there are have been reconciled as they are now, by this bundle if one is named. */
  converged(options?: { bundle?: string; timeoutMs?: number }): Promise<void>
  /** Also those that bear finalizers: what a failed test left must not make the next one fail. */
  removeAll(): Promise<void>
}

/** Installs the kind, and resolves when it is served. */
export async function installTrials(controlPlane: ControlPlane): Promise<Trials> {
  await controlPlane.kubectl(['apply', '-f', crdFixture('trial')])
  await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd/trials.e2e.example.com'])
  const call = async (method: string, path: string, body?: object) => {
    const answer = await controlPlane.request(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  /** Of its finalizers, whether it still is there or not. */
  const free = (name: string) => controlPlane.request('PATCH', `${TRIALS}/${name}`, { metadata: { finalizers: null } })
  const list = async () => ((await call('GET', TRIALS)) as { items: Trial[] }).items
  return {
    list,
    create: (count) => forAll(count, (index) => call('POST', TRIALS, trial(index))),
    change: async (index, size) => {
      await call('PATCH', `${TRIALS}/${nameOf(index)}`, { spec: { size } })
    },
    converged: async ({ bundle, timeoutMs = 60_000 } = {}) => {
      const late = async () => (await list()).filter((object) => !isReconciled(object, bundle))
      await vi.waitFor(async () => expect(await late()).toEqual([]), { timeout: timeoutMs, interval: 200 })
    },
    removeAll: async () => {
      await call('DELETE', TRIALS)
      await vi.waitFor(
        async () => {
          const left = await list()
          for (const { metadata } of left) if (metadata.finalizers !== undefined) await free(metadata.name)
          expect(left).toEqual([])
        },
        { timeout: 30_000, interval: 200 },
      )
    },
  }
}

function isReconciled({ metadata, status }: Trial, bundle: string | undefined): boolean {
  return status?.observedGeneration === metadata.generation && (bundle === undefined || status.bundle === bundle)
}

function nameOf(index: number): string {
  return `trial-${String(index).padStart(4, '0')}`
}

function trial(index: number): object {
  return { apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata: { name: nameOf(index) }, spec: { size: 0 } }
}

/** Sixteen at a time: enough to keep an API server busy, and no more. */
async function forAll(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}
