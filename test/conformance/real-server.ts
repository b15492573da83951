import { readFileSync } from 'node:fs'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type Case, nameOf, USERS } from './case.ts'
import type { Answer } from './mask.ts'
import { runAll } from './run-all.ts'
import type { Target } from './run-case.ts'

/** All answers of the real server: one control plane without controllers, and one with them for the cases that need them. */
export async function askRealServer(cases: readonly Case[]): Promise<Map<string, readonly Answer[]>> {
  const [alone, controlled] = await Promise.all([startReal(false), startReal(true)])
  try {
    const ask = (server: Target, wanted: boolean) =>
      runAll(
        server,
        cases.filter(({ controllers = false }) => controllers === wanted),
      )
    const [plain, others] = await Promise.all([ask(alone, false), ask(controlled, true)])
    const answers = new Map([...plain, ...others])
    return new Map(cases.map((asked) => [nameOf(asked), answers.get(nameOf(asked)) ?? []]))
  } finally {
    await Promise.all([alone.stop(), controlled.stop()])
  }
}

async function startReal(controllers: boolean): Promise<Target> {
  const controlPlane = await startControlPlane({ server: 'real', controllers, users: USERS })
  const tokens = new Map<string, string>(USERS.map((user) => [user, tokenIn(controlPlane, user)]))
  return {
    url: controlPlane.url,
    // A namespace's end takes it 7 seconds and more.
    patienceMs: 25_000,
    tokenOf: (user) => (user === 'admin' ? controlPlane.token : tokens.get(user)),
    stop: () => controlPlane.stop(),
  }
}

function tokenIn(controlPlane: ControlPlane, user: string): string {
  const { users } = JSON.parse(readFileSync(controlPlane.kubeconfigFor(user), 'utf8')) as {
    users: [{ user: { token: string } }]
  }
  return users[0].user.token
}
