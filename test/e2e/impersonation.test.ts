import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../control-plane/audit-log.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { logLines } from './log-lines.ts'
import { createProject, type Project } from './project.ts'
import { installTrials, type Trials } from './trials.ts'

const WITHIN = { timeout: 60_000, interval: 200 }
const MAY_READ = ['get', 'list', 'watch']
const TRIAL_GROUP = { apiGroups: ['e2e.example.com'] }
const FULL = 'full'
const LESSER = 'system:serviceaccount:default:lesser'

/** Follows Secrets too, so that the host has them in a cache. */
const FULL_HANDLER = `export const toTrials = () => []
export const reconcile = async ({ metadata }, context) => {
  const secret = await context.get('v1/Secret', { name: 'hidden' })
  context.condition('Full', 'True', 'Read', secret === undefined ? 'nothing' : secret.metadata.name)
  return { status: { full: metadata.generation } }
}
`
/** Tries every way to the Secret that the other one has in its cache. */
const LESSER_HANDLER = `const attempt = async (read) => {
  try { return await read() } catch (error) { return error.code }
}
export const reconcile = async ({ metadata }, context) => {
  const { get, list, raw, discover, log } = context
  const name = (secret) => secret?.metadata.name
  const seen = {
    get: await attempt(async () => name(await get('v1/Secret', { name: 'hidden' }))),
    live: await attempt(async () => name(await get('v1/Secret', { name: 'hidden' }, { live: true }))),
    list: await attempt(async () => (await list('v1/Secret')).map(name)),
    raw: await attempt(async () => (await raw('GET', '/api/v1/namespaces/default/secrets/hidden')).status),
    configMap: await attempt(() => get('v1/ConfigMap', { name: 'any' })),
    discover: (await discover()).map(({ kind }) => kind).sort(),
  }
  log.info('Seen', { seen: JSON.stringify(seen) })
  await context.event('Normal', 'Seen', 'by the lesser')
  return { status: { lesser: metadata.generation } }
}
`
const DISCOVERED = ['e2e.example.com/v1/Trial', 'v1/Secret']

describe('as', () => {
  let controlPlane: ControlPlane
  let trials: Trials
  let project: Project

  beforeAll(async () => {
    controlPlane = await startControlPlane({ audit: true, users: ['host'] })
    trials = await installTrials(controlPlane)
    await controlPlane.kubectl(['create', 'serviceaccount', 'lesser'])
    await controlPlane.kubectl(['create', 'secret', 'generic', 'hidden', '--from-literal=word=xyzzy'])
    await grant('User/host', 'host', [
      { ...TRIAL_GROUP, resources: ['trials'], verbs: MAY_READ },
      { ...TRIAL_GROUP, resources: ['trials/status'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['secrets'], verbs: MAY_READ },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    ])
  })

  beforeEach(() => {
    project = createProject()
    project.writeHandler('full', FULL_HANDLER)
    project.writeHandler('lesser', LESSER_HANDLER)
  })

  afterEach(async () => {
    await project.remove()
    await trials.removeAll()
  })

  afterAll(() => controlPlane?.stop())

  /** A ClusterRole, or a Role in a namespace, with its binding, by kubectl as a person would. */
  async function grant(to: string, name: string, rules: unknown, namespace?: string): Promise<void> {
    const kind = namespace === undefined ? 'ClusterRole' : 'Role'
    const metadata = { name: `test-${name}`, ...(namespace === undefined ? {} : { namespace }) }
    const [subjectKind, subject = ''] = to.split('/')
    const subjects =
      subjectKind === 'User'
        ? [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: subject }]
        : [{ kind: 'ServiceAccount', namespace: 'default', name: subject }]
    const apiVersion = 'rbac.authorization.k8s.io/v1'
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name }
    const items = [
      { apiVersion, kind, metadata, rules },
      { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects },
    ]
    await controlPlane.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  }

  const start = () => startHost({ project, kubeconfig: controlPlane.kubeconfigFor('host') })
  const full = {
    name: FULL,
    for: 'e2e.example.com/v1/Trial',
    handler: 'handlers/full.ts',
    namespaces: ['default'],
    labelSelector: 'team!=none',
    watches: [{ for: 'v1/Secret', map: 'toTrials' }],
  }
  const lesser = {
    name: 'lesser',
    for: 'e2e.example.com/v1/Trial',
    handler: 'handlers/lesser.ts',
    namespaces: ['default'],
    labelSelector: '!private',
    as: LESSER,
    allow: [{ for: 'v1/Secret', verbs: ['get', 'list'] }],
  }
  const statuses = async () => (await trials.list()).map(({ status }) => status as { full?: number; lesser?: number })
  const verbose = async (host: HostProcess) => (await host.get('/readyz?verbose')).text
  const stateOf = async (host: HostProcess, name: string) =>
    (await verbose(host)).split('\n').find((line) => line.includes(`] ${name} `)) ?? ''
  /** The rule of a controller's Forbidden, as a person would copy it; YAML's flow form is JSON but for its keys. */
  const rulesIn = (text: string) =>
    [...text.matchAll(/\{(apiGroups|nonResourceURLs): [^{}]*\}/g)].map(([rule]) =>
      JSON.parse(rule.replaceAll(/([{ ])(apiGroups|resources|resourceNames|nonResourceURLs|verbs):/g, '$1"$2":')),
    )
  const impersonated = (event: AuditEvent) => (event as { impersonatedUser?: { username: string } }).impersonatedUser

  test('names each rule that is missing, and runs once each has been pasted; the other controller never stops', async () => {
    project.writeConfig([full, lesser])
    await trials.create(2)
    const host = await start()
    const untilFull = (generation: number) =>
      vi.waitFor(async () => expect((await statuses())[0]?.full).toBe(generation), WITHIN)
    await untilFull(1)
    // First the host's own right to act as it.
    await vi.waitFor(async () => expect(await stateOf(host, 'lesser')).toContain('Forbidden'), WITHIN)
    await host.waitUntilReady()
    const first = await stateOf(host, 'lesser')
    expect(first).toContain('User "host" needs, bound to it: a Role in namespace "default" with the rule {')
    expect(rulesIn(first)).toEqual([
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'], resourceNames: ['lesser'] },
    ])
    expect(await host.metric('ostler_controller_state', { controller: 'lesser', state: 'Forbidden' })).toBe(1)
    await grant('User/host', 'impersonate', rulesIn(first), 'default')

    // Then what the identity itself may do.
    await vi.waitFor(
      async () => expect(await stateOf(host, 'lesser')).toContain('ServiceAccount "default/lesser"'),
      WITHIN,
    )
    const second = await stateOf(host, 'lesser')
    expect(second).toContain('a Role in namespace "default" with the rules')
    expect(rulesIn(second)).toEqual([
      { ...TRIAL_GROUP, resources: ['trials'], verbs: MAY_READ },
      { ...TRIAL_GROUP, resources: ['trials/status'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] },
    ])
    await trials.change(0, 1)
    await untilFull(2)
    expect((await statuses())[0]?.lesser).toBeUndefined()
    await grant('ServiceAccount/lesser', 'lesser', rulesIn(second), 'default')
    await vi.waitFor(async () => expect((await statuses()).map((status) => status.lesser)).toEqual([2, 1]), {
      ...WITHIN,
      timeout: 90_000,
    })
    await vi.waitFor(
      async () => expect(await stateOf(host, 'lesser')).toMatch(/lesser Running: events are not recorded/),
      WITHIN,
    )
    expect(await host.metric('ostler_controller_state', { controller: 'lesser', state: 'Forbidden' })).toBe(0)

    const warnings = logLines(host.log()).filter(
      ({ controller, msg }) => controller === 'lesser' && /Forbidden/.test(msg),
    )
    expect(warnings).toHaveLength(2)
    expect(logLines(host.log()).filter(({ controller, level }) => controller === FULL && level !== 'info')).toEqual([])
    expect(await stateOf(host, FULL)).toContain('Running')
  }, 180_000)

  test('reads live and as its identity what another has in its cache, and no more of it once that right is gone', async () => {
    const impersonate = { verbs: ['impersonate'], resourceNames: ['lesser'] }
    await grant(
      'User/host',
      'impersonate',
      [{ apiGroups: [''], resources: ['serviceaccounts'], ...impersonate }],
      'default',
    )
    const needed = [
      { ...TRIAL_GROUP, resources: ['trials'], verbs: MAY_READ },
      { ...TRIAL_GROUP, resources: ['trials/status'], verbs: ['patch'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    ]
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }
    await grant('ServiceAccount/lesser', 'lesser', [...needed, secrets], 'default')
    project.writeConfig([full, lesser])
    await trials.create(2)
    const startedAt = new Date().toISOString()
    const host = await start()
    const untilBoth = (full: number) =>
      vi.waitFor(async () => expect((await statuses())[0]).toMatchObject({ full, lesser: full }), WITHIN)
    await untilBoth(1)
    expect((await trials.list())[0]?.status).toMatchObject({ conditions: [{ type: 'Full', message: 'hidden' }] })
    const seen = () =>
      logLines(host.log())
        .filter(({ controller, msg }) => controller === 'lesser' && msg === 'Seen')
        .map((line) => JSON.parse(String(line.seen)))
    const configMap = 'DENIED'
    expect(seen().at(-1)).toEqual({
      ...{ get: 'hidden', live: 'hidden', list: ['hidden'], raw: 200 },
      ...{ configMap, discover: DISCOVERED },
    })
    const before = new Set((await requestsSince(startedAt)).map(({ auditID }) => auditID))
    const granted = await requestsSince(startedAt)
    expectOwnRequests(granted)

    await grant('ServiceAccount/lesser', 'lesser', needed, 'default')
    let size = 0
    await vi.waitFor(async () => {
      await trials.change(0, ++size)
      await untilBoth(size + 1)
      expect(seen().at(-1)).toEqual({
        ...{ get: 403, live: 403, list: 403, raw: 403 },
        ...{ configMap, discover: DISCOVERED },
      })
    }, WITHIN)
    const after = (await requestsSince(startedAt)).filter(({ auditID }) => !before.has(auditID))
    expect(after.filter((event) => isSecret(event) && impersonated(event) === undefined)).toEqual([])

    // The host learns of it by those refusals, and that controller waits for the rule.
    await vi.waitFor(async () => expect(await stateOf(host, 'lesser')).toContain('Forbidden'), WITHIN)
    expect(rulesIn(await stateOf(host, 'lesser'))).toEqual([secrets])
    const calls = await host.metric('controller_runtime_reconcile_total', { controller: 'lesser' })
    await trials.change(0, ++size)
    await vi.waitFor(async () => expect((await statuses())[0]?.full).toBe(size + 1), WITHIN)
    expect(await host.metric('controller_runtime_reconcile_total', { controller: 'lesser' })).toBe(calls)
    await grant('ServiceAccount/lesser', 'lesser', [...needed, secrets], 'default')
    await untilBoth(size + 1)
    expect(seen().at(-1)).toMatchObject({ get: 'hidden', list: ['hidden'] })
  }, 240_000)

  const requestsSince = async (time: string) =>
    (await controlPlane.auditEvents()).filter(
      ({ user, requestReceivedTimestamp }) => user.username === 'host' && requestReceivedTimestamp >= time,
    )
  const isSecret = ({ objectRef }: AuditEvent) => objectRef?.resource === 'secrets'
  const done = (events: readonly AuditEvent[]) =>
    new Set(
      events.map(({ verb, objectRef: at }) => [`${verb} ${at?.resource}`, at?.subresource].filter(Boolean).join('/')),
    )

  /** What was done as the lesser one, and what as the host itself. */
  function expectOwnRequests(events: readonly AuditEvent[]): void {
    const byLesser = events.filter((event) => impersonated(event)?.username === LESSER)
    expect(new Set(byLesser.map((event) => JSON.stringify(impersonated(event))))).toEqual(
      new Set([
        // The groups are the API server's doing.
        JSON.stringify({
          username: LESSER,
          groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        }),
      ]),
    )
    for (const what of ['watch trials', 'patch trials/status', 'get secrets', 'list secrets', 'create events'])
      expect(done(byLesser)).toContain(what)
    expect(done(byLesser)).not.toContain('watch secrets')
    expect(byLesser.filter(({ responseStatus }) => (responseStatus?.code ?? 200) === 403)).toEqual([])
    const byHost = done(events.filter((event) => impersonated(event) === undefined))
    for (const what of ['watch trials', 'watch secrets', 'patch trials/status']) expect(byHost).toContain(what)
    for (const what of ['get secrets', 'list secrets', 'create events']) expect(byHost).not.toContain(what)
  }
})
