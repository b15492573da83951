import { type Answer, statusAnswer } from '../http/answer.ts'
import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject } from '../json.ts'
import { admissionOf } from '../rest/create.ts'
import { decodeObject } from '../rest/decode-object.ts'
import { fillNamespace } from '../rest/object-identity.ts'
import type { RestContext, RestRequest } from '../rest/rest-request.ts'
import { kindOf } from '../rest/serve-virtual.ts'
import { readWriteOptions } from '../rest/write-options.ts'
import { podBinding } from './pod-binding.ts'
import { podEviction } from './pod-eviction.ts'
import type { SubresourceAction } from './subresource-action.ts'

/** By `group/plural/subresource`; a Binding may come by a path of its own. */
export const SUBRESOURCE_ACTIONS: ReadonlyMap<string, SubresourceAction> = new Map([
  ['/bindings', podBinding],
  ['/pods/binding', podBinding],
  ['/pods/eviction', podEviction],
])

/** Does what a POST asks for; undefined: the path is no action's. `client`: the API that actions write by. */
export function serveAction(
  context: RestContext,
  request: RestRequest,
  client: InProcessClient,
): Promise<Answer> | undefined {
  const action = SUBRESOURCE_ACTIONS.get(actionId(request))
  return action === undefined || request.info.verb !== 'create' ? undefined : run(context, request, action, client)
}

async function run(
  context: RestContext,
  request: RestRequest,
  action: SubresourceAction,
  client: InProcessClient,
): Promise<Answer> {
  const { resource, info } = request
  const options = readWriteOptions(request.query, 'CreateOptions')
  const sent = await decodeObject(context, request, options, kindOf(context, request))
  fillNamespace(resource, sent, info.namespace)
  const admission = admissionOf(request, options, 'CREATE', sent, undefined)
  const body = (await context.admission.mutate(admission, sent)) as ApiObject
  await context.admission.validate(admission, body)
  const { namespace = '', name = body.metadata.name ?? '' } = info
  const { isDryRun } = options
  const { store } = context
  return statusAnswer(await action.run({ namespace, name, body, isDryRun, store, client, nowMs: context.now() }))
}

function actionId({ resource, info }: RestRequest): string {
  return [resource.group, resource.plural, ...(info.subresource === undefined ? [] : [info.subresource])].join('/')
}
