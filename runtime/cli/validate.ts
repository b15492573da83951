import { type Fault, formatFault } from '../errors.ts'
import { findFaults } from '../tools/validate.ts'
import { shownPath } from '../util/shown-path.ts'

/** Prints every fault of config and handlers; true when there is none. */
export async function validate({ config }: { config?: string }): Promise<boolean> {
  const { file, faults, handlers } = await findFaults({ file: config, cwd: process.cwd() })
  for (const fault of faults) console.error(show(fault))
  if (faults.length > 0) console.error(`\n${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`)
  else console.log(`${file} is valid; ${handlers} ${handlers === 1 ? 'handler loads' : 'handlers load'}`)
  return faults.length === 0
}

function show({ file, ...rest }: Fault): string {
  const fault = { ...rest, file: shownPath(file) }
  return fault.excerpt === undefined ? formatFault(fault) : `${formatFault(fault)}\n${fault.excerpt}`
}
