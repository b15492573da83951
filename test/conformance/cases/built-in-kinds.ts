import { asks, type Case, first, get, post, put } from '../case.ts'
import { KINDS } from './kinds-table.ts'

const ask = asks(2)

/** What every kind is asked. */
export const builtInKinds: readonly Case[] = KINDS.flatMap(({ resource, path, name, body, wrong, change }): Case[] => [
  ask('create', resource, 'defaults of the least object', post(path, body)),
  ask('create', resource, 'validation', post(path, { ...body, ...wrong })),
  ask(
    'create',
    resource,
    'unknown fields, strictly',
    post(`${path}?fieldValidation=Strict`, { ...body, nothing: 1, spec: { ...(body.spec as object), nowhere: 2 } }),
  ),
  ask('update', resource, 'a changed field', first(post(path, body)), put(`${path}/${name}`, { ...body, ...change })),
  ask(
    'update',
    resource,
    'nothing changed',
    post(path, body, { pick: ['metadata/resourceVersion'] }),
    put(`${path}/${name}`, body, { pick: ['metadata/resourceVersion', 'metadata/generation'] }),
  ),
  ask(
    'get',
    `${resource}/status`,
    'of the least object or its absence',
    first(post(path, body)),
    get(`${path}/${name}/status`),
  ),
])
