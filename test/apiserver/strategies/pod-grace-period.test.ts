import { expect, test } from 'vitest'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'
import { podGracePeriodSeconds } from '../../../runtime/apiserver/kinds/strategies/prepare.ts'

const pod = (spec: object, phase = 'Running') =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec, status: { phase } }) as unknown as ApiObject

test.each([
  ['its own seconds where nobody asks', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), undefined, 30],
  ['what is asked for', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), 5, 5],
  ['what is asked for, where its own is none', pod({ nodeName: 'n', terminationGracePeriodSeconds: 0 }), 5, 5],
  ['a second where less than none is asked for', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), -1, 1],
  ['none before it has a node', pod({ terminationGracePeriodSeconds: 30 }), 5, 0],
  ['none once it is over', pod({ nodeName: 'n', terminationGracePeriodSeconds: 30 }, 'Succeeded'), undefined, 0],
])('A deleted Pod has %s', (_, deleted, asked, seconds) => {
  expect(podGracePeriodSeconds(deleted, asked)).toBe(seconds)
})
