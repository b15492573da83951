import PQueue from 'p-queue'
import { type Case, nameOf } from './case.ts'
import type { Answer } from './mask.ts'
import { runCase, type Target } from './run-case.ts'
import { startWebhooks } from './webhook-server.ts'

/** Most of the time a case waits for the server. */
const CONCURRENCY = 16

/** Answers by case name; a case that could not be asked has the reason in place of a body. */
export async function runAll(target: Target, cases: readonly Case[]): Promise<Map<string, readonly Answer[]>> {
  const webhooks = await startWebhooks()
  const queue = new PQueue({ concurrency: CONCURRENCY })
  const answers = new Map<string, readonly Answer[]>()
  const ask = async (asked: Case) => {
    const failed = (error: unknown): Answer[] => [{ status: 0, body: `could not be asked: ${error}` }]
    answers.set(nameOf(asked), await runCase(target, asked, webhooks).catch(failed))
  }
  try {
    await Promise.all(cases.map((asked) => queue.add(() => ask(asked))))
  } finally {
    webhooks.stop()
  }
  return answers
}
