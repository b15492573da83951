import { expect, test } from 'vitest'
import { loadConfig } from '../../runtime/config/load.ts'
import { formatFault, type RuntimeError } from '../../runtime/errors.ts'
import { tempProject } from './temp-project.ts'

const PODS = 'allow: [{ for: v1/Pod, verbs: [get, list] }]'

/** Two controllers, each with these lines after its three required ones: the first's begin on line 7. */
function config(first: string[], second: string[], defaults = '{}'): string {
  const entry = (name: string, lines: string[]) =>
    `  - ${[`name: ${name}`, 'for: v1/ConfigMap', 'handler: h.ts', ...lines].join('\n    ')}\n`
  const head = `apiVersion: ostler.dev/v1\nkind: Ostler\ndefaults: ${defaults}\ncontrollers:\n`
  return head + entry('a', first) + entry('b', second)
}

async function faultsOf(text: string): Promise<string[]> {
  const cwd = tempProject({ 'ostler.yaml': text })
  const error = await loadConfig({ cwd }).then(
    () => undefined,
    (thrown: RuntimeError) => thrown,
  )
  return (error?.faults ?? []).map((fault) => formatFault(fault).replace(`${cwd}/`, '').split('\n')[0] as string)
}

const TEAM = 'isolation: { group: team }'

test('loadConfig() refuses members of a group whose allow differs, and names both', async () => {
  expect(await faultsOf(config([TEAM, PODS], [TEAM, 'allow: [{ for: v1/Pod, verbs: [get] }]']))).toEqual([
    'ostler.yaml:14:12: controllers[1].allow of "b" is not that of "a" on line 9, column 12, and both are in the isolation group "team": ' +
      'make them equal, or give one a process of its own',
  ])
  expect(await faultsOf(config([TEAM, PODS], [TEAM]))).toEqual([
    expect.stringMatching(/^ostler.yaml:10:5: .*"a" on line 9/),
  ])
})

test('loadConfig() lets members of a group write the same allow in another order', async () => {
  const own = 'allow: [{ verbs: [list, get], for: v1/Pod }, { path: /version, verbs: [get] }]'
  const other = 'allow: [{ path: /version, verbs: [get] }, { for: v1/Pod, verbs: [get, list] }]'
  expect(await faultsOf(config([TEAM, own], [TEAM, other]))).toEqual([])
  expect(await faultsOf(config([TEAM], [TEAM]))).toEqual([])
})

test('loadConfig() takes the namespaces that an entry of allow leaves out for the controller’s own', async () => {
  const spelt = 'allow: [{ for: v1/Pod, verbs: [get, list], namespaces: [x] }]'
  expect(await faultsOf(config([TEAM, 'namespaces: [x]', PODS], [TEAM, 'namespaces: [y]', PODS]))).toHaveLength(1)
  expect(await faultsOf(config([TEAM, 'namespaces: [x]', PODS], [TEAM, 'namespaces: [y]', spelt]))).toEqual([])
})

test('loadConfig() lets members of other groups, and processes of their own, have rights of their own', async () => {
  const other = 'isolation: { group: other }'
  expect(await faultsOf(config([TEAM, PODS], [other]))).toEqual([])
  expect(await faultsOf(config([TEAM, PODS], []))).toEqual([])
})

test('loadConfig() knows a group that comes from the defaults', async () => {
  const defaults = '{ isolation: { group: all } }'
  expect(await faultsOf(config([PODS], [], defaults))).toEqual([expect.stringContaining('isolation group "all"')])
  expect(await faultsOf(config([PODS], ['isolation: process'], defaults))).toEqual([])
})

test('loadConfig() refuses members of a group that act as others', async () => {
  const faults = await faultsOf(
    config([TEAM, 'as: system:serviceaccount:a:a'], [TEAM, 'as: system:serviceaccount:a:b']),
  )
  expect(faults).toContainEqual(expect.stringMatching(/controllers\[1\]\.as of "b" is not that of "a" on line 9/))
})
