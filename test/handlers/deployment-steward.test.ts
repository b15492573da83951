import { expect, test } from 'vitest'
import {
  finalize,
  reconcile,
  type Steward,
  stewardOfDeployment,
  stewardOfPod,
} from '../../handlers/deployment-steward.ts'
import type { KubeObject } from '../../runtime/index.ts'
import { scriptedContext } from './scripted-context.ts'

const DEPLOYMENT = 'apps/v1/Deployment'
const OURS = { 'steward.ostler.dev/name': 'web' }

interface Deployment extends KubeObject {
  spec: { replicas: number; template: { spec: { containers: object[]; terminationGracePeriodSeconds: number } } }
}

function steward(spec: Partial<Steward['spec']> = {}): Steward {
  return {
    apiVersion: 'steward.ostler.dev/v1',
    kind: 'Steward',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      image: 'web:1',
      replicas: 2,
      state: 'Present',
      deletion: { propagationPolicy: 'Background', gracePeriodSeconds: 30 },
      ...spec,
    },
  }
}

function scripted() {
  const script = scriptedContext('deployment-steward')
  const run = async (spec?: Partial<Steward['spec']>) => {
    const outcome = (await reconcile(steward(spec), script.context)) as { status: Status }
    return { ...outcome, ready: outcome.status.conditions[0] }
  }
  const deployment = () => script.stored<Deployment>(DEPLOYMENT, 'web')
  const change = (edit: (deployment: Deployment) => void) => {
    const edited = deployment()
    edit(edited)
    script.put(edited)
  }
  return { ...script, run, deployment, change }
}

interface Status {
  readyReplicas: number
  pods: object[]
  conditions: { reason: string; status: string; message: string }[]
}

test('a Deployment is created, and not touched again while it is as the spec says', async () => {
  const { run, deployment, writes } = scripted()
  expect(await run()).toMatchObject({ ready: { status: 'False', reason: 'Progressing' } })
  expect(deployment()).toMatchObject({
    metadata: { name: 'web', labels: OURS },
    spec: {
      replicas: 2,
      selector: { matchLabels: OURS },
      template: { metadata: { labels: OURS }, spec: { terminationGracePeriodSeconds: 30 } },
    },
  })
  await run()
  expect(writes).toEqual(['create apps/v1/Deployment web'])
})

test('image and replicas are changed, on top of what somebody else writes at that moment', async () => {
  const { run, deployment, change, beforeWrite } = scripted()
  await run()
  beforeWrite(() =>
    change(({ metadata, spec }) => {
      metadata.annotations = { theirs: 'kept' }
      spec.template.spec.containers.push({ name: 'sidecar', image: 'sidecar:1' })
    }),
  )
  await run({ image: 'web:2', replicas: 3 })
  expect(deployment()).toMatchObject({
    metadata: { annotations: { theirs: 'kept' } },
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            { name: 'main', image: 'web:2' },
            { name: 'sidecar', image: 'sidecar:1' },
          ],
        },
      },
    },
  })
})

test('replicas that the spec leaves out are left to whoever scales the Deployment', async () => {
  const { context, deployment, change } = scripted()
  const { replicas: _none, ...spec } = steward().spec
  await reconcile({ ...steward(), spec }, context)
  expect(deployment().spec).not.toHaveProperty('replicas')
  change((deployment) => {
    deployment.spec.replicas = 7
  })
  await reconcile({ ...steward(), spec: { ...spec, image: 'web:2' } }, context)
  expect(deployment().spec.replicas).toBe(7)
})

test('its pods are reported, and it is ready once the newest version is rolled out', async () => {
  const { run, put, change } = scripted()
  await run()
  put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'other' }, spec: { containers: [] } })
  for (const name of ['web-b', 'web-a']) {
    const spec = { containers: [{ image: 'web:1' }] }
    put({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: OURS }, spec, status: { phase: 'Running' } })
  }
  const status = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2 }
  change((deployment) => {
    Object.assign(deployment, { status })
    deployment.metadata.generation = 2
  })
  expect(await run()).toMatchObject({ ready: { reason: 'Progressing', message: '2 of 2 pods are ready' } })
  change((deployment) => Object.assign(deployment, { status: { ...status, observedGeneration: 2 } }))
  expect(await run()).toMatchObject({
    ready: { status: 'True', reason: 'PodsReady' },
    status: {
      readyReplicas: 2,
      pods: [
        { name: 'web-a', phase: 'Running', image: 'web:1' },
        { name: 'web-b', phase: 'Running', image: 'web:1' },
      ],
    },
  })
})

test.each(['Background', 'Orphan'] as const)(
  'the state Absent deletes it by the policy %s, and Present makes it again',
  async (propagationPolicy) => {
    const { run, deployment, deletions } = scripted()
    const deletion = { propagationPolicy, gracePeriodSeconds: 7 }
    await run()
    expect(await run({ state: 'Absent', deletion })).toMatchObject({ ready: { reason: 'Absent' } })
    expect(deletions).toEqual([{ ...deletion, preconditions: { uid: 'uid-web' } }])
    await run({ state: 'Absent', deletion })
    expect(deletions).toHaveLength(1)
    await run()
    expect(deployment()).toBeDefined()
  },
)

test('in the foreground it is waited for, by Absent as by Present, and a policy that is changed meanwhile counts', async () => {
  const { run, writes, deployment } = scripted()
  await run()
  const deletion = { propagationPolicy: 'Foreground', gracePeriodSeconds: 0 } as const
  expect(await run({ state: 'Absent', deletion })).toMatchObject({ ready: { reason: 'Deleting' } })
  const before = writes.length
  expect(await run({ deletion })).toMatchObject({ ready: { reason: 'Deleting' } })
  expect(writes).toHaveLength(before)
  await run({ state: 'Absent' })
  expect(deployment()).toBeUndefined()
})

test('a Deployment of its name that is somebody else’s is neither changed nor deleted', async () => {
  const { run, put, context, writes } = scripted()
  put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: {} })
  expect(await run()).toMatchObject({ ready: { status: 'False', reason: 'NameTaken' } })
  expect(await run({ state: 'Absent' })).toMatchObject({ ready: { reason: 'Absent' } })
  expect(await finalize(steward(), context)).toBeUndefined()
  expect(writes).toEqual([])
})

test('its end is the Deployment’s, by the policy that it names; one that is gone already is fine', async () => {
  const { run, context, deletions } = scripted()
  await run()
  const last = steward({ deletion: { propagationPolicy: 'Orphan', gracePeriodSeconds: 1 } })
  expect(await finalize(last, context)).toBeUndefined()
  expect(await finalize(last, context)).toBeUndefined()
  expect(deletions).toMatchObject([{ propagationPolicy: 'Orphan', gracePeriodSeconds: 1 }])
})

test('it does not go before the Deployment, and says what it waits for', async () => {
  const { run, context, deployment } = scripted()
  await run()
  const last = steward({ deletion: { propagationPolicy: 'Foreground', gracePeriodSeconds: 1 } })
  expect(await finalize(last, context)).toMatchObject({
    requeueAfter: '1m',
    status: { conditions: [{ reason: 'Deleting' }] },
  })
  await finalize(steward(), context)
  expect(deployment()).toBeUndefined()
  expect(await finalize(last, context)).toBeUndefined()
})

test('a Deployment runs the Steward of its name, and a pod that of its label', () => {
  const { context } = scripted()
  const object = (labels?: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', ...(labels && { labels }) },
  })
  expect(stewardOfDeployment(object(), undefined, context)).toEqual([{ name: 'web' }])
  expect(stewardOfPod(object(), undefined, context)).toEqual([])
  expect(stewardOfPod(object({ ...OURS, 'steward.ostler.dev/name': 'x' }), undefined, context)).toEqual([{ name: 'x' }])
})
