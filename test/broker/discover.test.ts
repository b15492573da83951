import { expect, test } from 'vitest'
import { createScriptedBroker, DEMO } from './scripted-broker.ts'

test('discover() shows the kinds of for and allow, as they are served, and no others', async () => {
  const broker = createScriptedBroker()
  const shown = (await broker.call('discover')) as { kind: string }[]
  expect(shown.map(({ kind }) => kind)).toEqual(['demo.io/v1/Demo', 'apps/v1/Deployment', 'v1/Node'])
  const { plural, namespaced, verbs, subresources } = DEMO
  expect(shown[0]).toEqual({ kind: 'demo.io/v1/Demo', plural, namespaced, verbs, subresources })
})
