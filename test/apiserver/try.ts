import { createApiServer } from '../../runtime/apiserver/api-server.ts'

/** An embedded API server to try things on by hand: plain HTTP, and everybody an admin. */
const port = Number(process.argv[2] ?? '8001')
const { url } = await createApiServer({
  port,
  defaultToken: 'admin-token',
  tokens: [{ token: 'admin-token', user: { name: 'admin', groups: ['system:masters', 'system:authenticated'] } }],
  onFault: (error, what) => console.error(what, error),
})
console.log(`kubectl --server ${url} get namespaces`)
