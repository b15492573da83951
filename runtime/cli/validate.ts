import { findFaults } from '../tools/validate.ts'
import { shownFault } from '../util/shown-fault.ts'

/** Prints every fault of config and handlers; true when there is none. */
export async function validate({ config }: { config?: string }): Promise<boolean> {
  const { file, faults, handlers } = await findFaults({ file: config, cwd: process.cwd() })
  for (const fault of faults) console.error(shownFault(fault))
  if (faults.length > 0) console.error(`\n${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`)
  else console.log(`${file} is valid; ${handlers} ${handlers === 1 ? 'handler loads' : 'handlers load'}`)
  return faults.length === 0
}
