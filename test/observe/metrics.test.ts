import { expect, test } from 'vitest'
import { createMetrics } from '../../runtime/observe/metrics.ts'

function createSteppedMetrics() {
  let nowMs = 1_000
  const metrics = createMetrics({ processMetrics: false, now: () => nowMs })
  return {
    metrics,
    advance: (ms: number) => {
      nowMs += ms
    },
    /** The value of a series, by its text up to the value; undefined when there is none. */
    async value(series: string): Promise<number | undefined> {
      const line = (await metrics.render()).text.split('\n').find((text) => text.startsWith(`${series} `))
      return line === undefined ? undefined : Number(line.slice(series.length + 1))
    },
    async text(): Promise<string> {
      return (await metrics.render()).text
    },
  }
}

test('createMetrics() has process metrics unless told otherwise', async () => {
  const { text, contentType } = await createMetrics().render()
  expect(text).toContain('process_resident_memory_bytes ')
  expect(text).toContain('nodejs_heap_size_used_bytes ')
  expect(contentType).toContain('text/plain')
  expect(await createSteppedMetrics().text()).not.toContain('process_')
})

test('controller() begins with every result at zero, as rates need it', async () => {
  const { metrics, value } = createSteppedMetrics()
  metrics.controller('a')
  for (const result of ['success', 'error', 'requeue', 'requeue_after']) {
    expect(await value(`controller_runtime_reconcile_total{controller="a",result="${result}"}`)).toBe(0)
  }
  expect(await value('controller_runtime_reconcile_errors_total{controller="a"}')).toBe(0)
  expect(await value('workqueue_depth{name="a",controller="a"}')).toBe(0)
})

test('reconciled() counts by result, times the call, and counts errors once more', async () => {
  const { metrics, value } = createSteppedMetrics()
  const recorder = metrics.controller('a')
  recorder.reconciled('success', 0.02)
  recorder.reconciled('error', 3)
  expect(await value('controller_runtime_reconcile_total{controller="a",result="success"}')).toBe(1)
  expect(await value('controller_runtime_reconcile_total{controller="a",result="error"}')).toBe(1)
  expect(await value('controller_runtime_reconcile_errors_total{controller="a"}')).toBe(1)
  expect(await value('controller_runtime_reconcile_time_seconds_count{controller="a"}')).toBe(2)
  expect(await value('controller_runtime_reconcile_time_seconds_bucket{le="0.025",controller="a"}')).toBe(1)
  expect(await value('controller_runtime_reconcile_time_seconds_sum{controller="a"}')).toBeCloseTo(3.02)
})

test('The queue part of a recorder follows keys from added to done', async () => {
  const { metrics, advance, value } = createSteppedMetrics()
  const recorder = metrics.controller('a')
  const labels = '{name="a",controller="a"}'
  recorder.added('x')
  recorder.added('y')
  expect(await value(`workqueue_depth${labels}`)).toBe(2)
  advance(2_000)
  recorder.taken('x')
  advance(500)
  recorder.taken('y')
  advance(1_000)
  expect(await value(`workqueue_depth${labels}`)).toBe(0)
  expect(await value(`workqueue_adds_total${labels}`)).toBe(2)
  expect(await value(`workqueue_queue_duration_seconds_sum${labels}`)).toBe(4.5)
  expect(await value(`workqueue_unfinished_work_seconds${labels}`)).toBe(2.5)
  expect(await value(`workqueue_longest_running_processor_seconds${labels}`)).toBe(1.5)
  expect(await value('controller_runtime_active_workers{controller="a"}')).toBe(2)
  recorder.done('x')
  recorder.done('y')
  recorder.retried()
  expect(await value(`workqueue_work_duration_seconds_sum${labels}`)).toBe(2.5)
  expect(await value(`workqueue_unfinished_work_seconds${labels}`)).toBe(0)
  expect(await value(`workqueue_retries_total${labels}`)).toBe(1)
  expect(await value('controller_runtime_active_workers{controller="a"}')).toBe(0)
})

test('A key that is added again in hand waits anew from then on', async () => {
  const { metrics, advance, value } = createSteppedMetrics()
  const recorder = metrics.controller('a')
  recorder.added('x')
  recorder.taken('x')
  recorder.added('x')
  advance(1_000)
  expect(await value('workqueue_depth{name="a",controller="a"}')).toBe(1)
  recorder.done('x')
  recorder.taken('x')
  expect(await value('workqueue_queue_duration_seconds_sum{name="a",controller="a"}')).toBe(1)
})

test('A key that is taken back from the queue does not wait any more, and starts anew when it is added again', async () => {
  const { metrics, advance, value } = createSteppedMetrics()
  const recorder = metrics.controller('a')
  recorder.added('x')
  recorder.removed('x')
  expect(await value('workqueue_depth{name="a",controller="a"}')).toBe(0)
  advance(5_000)
  recorder.added('x')
  advance(1_000)
  recorder.taken('x')
  expect(await value('workqueue_queue_duration_seconds_sum{name="a",controller="a"}')).toBe(1)
})

test('sample() shows one state at a time and keeps those left at zero', async () => {
  const { metrics, value } = createSteppedMetrics()
  const recorder = metrics.controller('a')
  recorder.sample({ state: 'WaitingForCRD', concurrency: 2, parked: 0, slowed: 0, finalizersBlocking: 0 })
  recorder.sample({
    state: 'Running',
    concurrency: 2,
    parked: 3,
    slowed: 2,
    finalizersBlocking: 0,
    guestMemoryBytes: 1_024,
  })
  expect(await value('ostler_controller_state{controller="a",state="WaitingForCRD"}')).toBe(0)
  expect(await value('ostler_controller_state{controller="a",state="Running"}')).toBe(1)
  expect(await value('controller_runtime_max_concurrent_reconciles{controller="a"}')).toBe(2)
  expect(await value('ostler_parked{controller="a"}')).toBe(3)
  expect(await value('ostler_slowed{controller="a"}')).toBe(2)
  expect(await value('ostler_guest_memory_bytes{controller="a"}')).toBe(1_024)
})

test('A recorder counts what becomes of events, results and guests', async () => {
  const { metrics, value } = createSteppedMetrics()
  const recorder = metrics.controller('a')
  recorder.skipped('same-version')
  recorder.dropped()
  recorder.tombstoneDropped()
  recorder.slowedDown()
  recorder.swapped()
  recorder.guestDied('memory')
  recorder.guestStarted(0.01)
  recorder.timedOut()
  recorder.terminal()
  for (const series of [
    'ostler_events_skipped_total{controller="a",reason="same-version"}',
    'ostler_dropped_results_total{controller="a"}',
    'ostler_tombstones_dropped_total{controller="a"}',
    'ostler_slowdowns_total{controller="a"}',
    'ostler_swaps_total{controller="a"}',
    'ostler_guest_deaths_total{controller="a",reason="memory"}',
    'ostler_guest_start_seconds_count{controller="a"}',
    'controller_runtime_reconcile_timeouts_total{controller="a"}',
    'controller_runtime_terminal_reconcile_errors_total{controller="a"}',
  ]) {
    expect([series, await value(series)]).toEqual([series, 1])
  }
})

test('remove() takes every series of a controller away, for good, and no other', async () => {
  const { metrics, text } = createSteppedMetrics()
  const gone = metrics.controller('gone')
  const stays = metrics.controller('stays')
  for (const recorder of [gone, stays]) useAll(recorder)
  const before = await text()
  gone.remove()
  useAll(gone)
  const after = await text()
  expect(after).not.toContain('controller="gone"')
  const ofStays = (all: string) => all.split('\n').filter((line) => line.includes('controller="stays"'))
  expect(ofStays(after)).toEqual(ofStays(before))

  function useAll(recorder: typeof gone): void {
    recorder.added('x')
    recorder.taken('x')
    recorder.done('x')
    recorder.retried()
    recorder.reconciled('error', 1)
    recorder.terminal()
    recorder.skipped('unchanged')
    recorder.dropped()
    recorder.tombstoneDropped()
    recorder.swapped()
    recorder.guestDied('exit')
    recorder.guestStarted(1)
    recorder.timedOut()
    recorder.sample({
      state: 'Syncing',
      concurrency: 1,
      parked: 1,
      slowed: 1,
      finalizersBlocking: 0,
      guestMemoryBytes: 1,
    })
    recorder.sample({
      state: 'Running',
      concurrency: 1,
      parked: 1,
      slowed: 1,
      finalizersBlocking: 0,
      guestMemoryBytes: 1,
    })
  }
})

test('controller() of a name that has a recorder takes over: the end of the old one leaves the new one alone', async () => {
  const { metrics, value } = createSteppedMetrics()
  const old = metrics.controller('a')
  old.reconciled('success', 1)
  const next = metrics.controller('a')
  next.reconciled('success', 1)
  old.remove()
  old.reconciled('success', 1)
  expect(await value('controller_runtime_reconcile_total{controller="a",result="success"}')).toBe(1)
  next.remove()
  expect(await value('controller_runtime_reconcile_total{controller="a",result="success"}')).toBeUndefined()
})

test('informer() has its series until remove()', async () => {
  const { metrics, value, text } = createSteppedMetrics()
  const informer = metrics.informer({ kind: 'apps/v1/Deployment', namespace: '', selector: 'a=b', identity: '' })
  informer.sample({ objects: 3, bytes: 300, lastSignAgeSeconds: 1.5 })
  informer.event('added')
  informer.relist()
  informer.restart()
  const labels = 'kind="apps/v1/Deployment",namespace="",selector="a=b",identity=""'
  expect(await value(`ostler_informer_objects{${labels}}`)).toBe(3)
  expect(await value(`ostler_informer_bytes{${labels}}`)).toBe(300)
  expect(await value(`ostler_informer_last_sign_age_seconds{${labels}}`)).toBe(1.5)
  expect(await value(`ostler_informer_events_total{${labels},type="added"}`)).toBe(1)
  expect(await value(`ostler_informer_relists_total{${labels}}`)).toBe(1)
  expect(await value(`ostler_informer_watch_restarts_total{${labels}}`)).toBe(1)
  informer.remove()
  informer.event('added')
  informer.sample({ objects: 3, bytes: 300, lastSignAgeSeconds: 1.5 })
  expect(await text()).not.toContain('Deployment')
})

test('request() counts by code, method and host, and times by verb and host', async () => {
  const { metrics, value } = createSteppedMetrics()
  metrics.request({ method: 'GET', host: 'api:6443', code: '200', seconds: 0.05 })
  metrics.request({ method: 'GET', host: 'api:6443', code: '<error>', seconds: 1 })
  expect(await value('rest_client_requests_total{code="200",method="GET",host="api:6443"}')).toBe(1)
  expect(await value('rest_client_requests_total{code="<error>",method="GET",host="api:6443"}')).toBe(1)
  expect(await value('rest_client_request_duration_seconds_bucket{le="0.1",verb="GET",host="api:6443"}')).toBe(1)
})

test('configReloaded() counts by result', async () => {
  const { metrics, value } = createSteppedMetrics()
  metrics.configReloaded('error')
  expect(await value('ostler_config_reload_total{result="error"}')).toBe(1)
  expect(await value('ostler_config_reload_total{result="success"}')).toBe(0)
})

test('onRender() samples before each rendering until it is cancelled', async () => {
  const { metrics, text } = createSteppedMetrics()
  let calls = 0
  const cancel = metrics.onRender(() => {
    calls++
  })
  await text()
  await text()
  cancel()
  await text()
  expect(calls).toBe(2)
})
