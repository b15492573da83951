/**
 * A run of random faults and object changes on a real control plane, by hand:
 *   SEED=1 COUNT=10000 LOG=/tmp/host.log node test/fault-run/main.ts
 * Prints a JSON report; exits with 1 and says how to replay when the run did not end as it should.
 */
import { randomInt } from 'node:crypto'
import { runFaults } from './fault-run.ts'

const seed = Number(process.env.SEED || randomInt(1, 2 ** 31))
const count = Number(process.env.COUNT || 1_000)
const { LOG: log } = process.env

console.log(`seed ${seed}, ${count} changes and faults`)
const report = await runFaults({ seed, count, ...(log ? { log } : {}) })
console.log(JSON.stringify(report, undefined, 2))
if (report.problems.length > 0) {
  console.error(`Not as it should be:\n${report.problems.join('\n')}`)
  console.error(`To replay: SEED=${seed} COUNT=${count} LOG=host.log node test/fault-run/main.ts`)
  process.exit(1)
}
process.exit(0)
