import type { ServerOptions } from 'node:https'
import { onTestFinished } from 'vitest'
import {
  createKubeClient,
  type KubeClient,
  type KubeClientOptions,
  type RequestSeen,
} from '../../runtime/kube/client.ts'
import type { KubeUser } from '../../runtime/kube/kubeconfig-file.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'
import { type Respond, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

export interface Bench {
  readonly server: ScriptedServer
  readonly client: KubeClient
  readonly clock: FakeClock
  /** What onRequest was told. */
  readonly seen: RequestSeen[]
}

export interface BenchOptions extends Partial<Omit<KubeClientOptions, 'clock' | 'kubeConfig'>> {
  readonly user?: Partial<KubeUser>
  readonly cluster?: object
  readonly tls?: ServerOptions
}

/** A scripted server and a client for it; both end with the test. */
export async function startBench(
  respond: Respond,
  { user, cluster, tls, ...options }: BenchOptions = {},
): Promise<Bench> {
  const server = await startScriptedServer(respond, tls)
  const clock = createFakeClock()
  const seen: RequestSeen[] = []
  const kubeConfig = {
    description: 'test',
    cluster: { name: 'c', server: server.url, skipTLSVerify: false, ...cluster },
    user: { name: 'u', token: 's3cret', ...user },
    namespace: undefined,
  }
  const onRequest = (request: RequestSeen) => seen.push(request)
  const client = createKubeClient({ kubeConfig, clock, userAgent: 'ostler/0.0.0', onRequest, ...options })
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  return { server, client, clock, seen }
}
