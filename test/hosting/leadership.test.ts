import { expect, onTestFinished, test } from 'vitest'
import type { LeaderElectionConfig } from '../../runtime/config/schema.ts'
import { createLeadership } from '../../runtime/hosting/leadership.ts'
import { createFakeClock } from '../fake-clock.ts'

const CONFIG: LeaderElectionConfig = {
  enabled: undefined,
  name: 'ostler',
  namespace: undefined,
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
}

function leadership(
  config: Partial<LeaderElectionConfig>,
  kubeConfig: { isInCluster?: boolean; namespace?: string } = {},
) {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  const log = { debug: say, info: say, warn: say, error: say, child: () => log }
  const gauge: [string, boolean][] = []
  const created = createLeadership({
    config: { ...CONFIG, ...config },
    kubeConfig: {
      description: '',
      // Nobody listens there.
      cluster: { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false },
      user: { name: 'u' },
      namespace: undefined,
      ...kubeConfig,
    },
    clock: createFakeClock(),
    log,
    metrics: { leading: (name, isLeader) => gauge.push([name, isLeader]), request() {} },
  })
  onTestFinished(() => created.release())
  return { ...created, lines, gauge }
}

test.each([
  [undefined, true, true],
  [undefined, false, false],
  [true, false, true],
  [false, true, false],
])('createLeadership() with enabled: %s and isInCluster: %s asks for a lease: %s', (enabled, isInCluster, asks) => {
  const { guard, isLeader, gauge } = leadership({ enabled }, { isInCluster })
  expect(guard !== undefined).toBe(asks)
  expect(isLeader()).toBe(!asks)
  expect(gauge).toEqual(asks ? [['ostler', false]] : [])
})

test.each([
  [{}, {}, 'default/ostler'],
  [{}, { namespace: 'context' }, 'context/ostler'],
  [{ namespace: 'config', name: 'demo' }, { namespace: 'context' }, 'config/demo'],
])('createLeadership() with %j of %j asks for the lease of that place', (config, kubeConfig, place) => {
  const { start, lines } = leadership({ enabled: true, ...config }, kubeConfig)
  void start(() => {})
  expect(lines).toEqual([`Waiting for the lease "${place}"`])
})
