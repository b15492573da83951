import { createApiServer } from '../../runtime/apiserver/api-server.ts'
import { cert } from '../kube/certificates.ts'
import { USERS } from './case.ts'
import type { Target } from './run-case.ts'

export async function startEmbedded(): Promise<Target> {
  const tokens = [
    { token: 'token-of-admin', user: { name: 'admin', groups: ['system:masters'] } },
    ...USERS.map((user) => ({ token: `token-of-${user}`, user: { name: user } })),
  ]
  const server = await createApiServer({
    tokens,
    tls: { key: cert('server.key'), cert: cert('server-a.crt') },
    rootCaPem: cert('ca-a.crt'),
  })
  return { url: server.url, patienceMs: 10_000, tokenOf: (user) => `token-of-${user}`, stop: () => server.close() }
}
