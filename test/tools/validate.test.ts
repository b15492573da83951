import { expect, test } from 'vitest'
import { findFaults } from '../../runtime/tools/validate.ts'
import { tempProject } from '../config/temp-project.ts'

const entry = (name: string, map: string) => `
  - name: ${name}
    for: v1/Pod
    handler: h.ts
    watches: [{ for: v1/ConfigMap, map: ${map} }]`

test('findFaults() names a mapper that the handler does not export, whichever entry of several wants it', async () => {
  const cwd = tempProject({
    'ostler.yaml': `apiVersion: ostler.dev/v1\nkind: Ostler\ncontrollers:${entry('a', 'toPods')}${entry('b', 'toNone')}\n`,
    'h.ts': 'export const reconcile = () => {}\nexport const toPods = () => []\n',
  })
  const { faults, handlers } = await findFaults({ file: undefined, cwd })
  expect(faults.map(({ message }) => message)).toEqual([
    'Cannot use handler: it exports no function "toNone", which "watches" names',
  ])
  expect(handlers).toBe(1)
})
