import { z } from 'zod'
import type { Gvk } from '../util/gvk.ts'
import { parseIdentity } from '../util/identity.ts'
import {
  checked,
  count,
  describe,
  dnsLabel,
  duration,
  kind,
  matching,
  show,
  size,
  uniqueKinds,
  uniqueList,
} from './option.ts'
import { fieldSelectorFault, labelSelectorFault } from './selector-syntax.ts'
import type { Place } from './source.ts'

/** The config as the runtime uses it: every default filled in, every text read. */
export interface Config {
  /** Absolute. */
  readonly file: string
  /** The folder of `file`, which paths in it are relative to. */
  readonly dir: string
  /** Patterns of files, relative to `dir`, that the embedded API server is given at its start. */
  readonly crds: readonly string[]
  readonly leaderElection: LeaderElectionConfig
  readonly controllers: readonly ControllerConfig[]
}

export interface LeaderElectionConfig {
  /** Undefined: where the host runs in the cluster. */
  readonly enabled: boolean | undefined
  readonly name: string
  /** Undefined: that of the service account or of the kubeconfig's context. */
  readonly namespace: string | undefined
  readonly leaseDurationMs: number
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
}

export interface ControllerConfig {
  readonly name: string
  /** Of the entry in the file. */
  readonly place: Place
  readonly gvk: Gvk
  /** `for` as it is written. */
  readonly forText: string
  /** Absolute. */
  readonly handler: string
  readonly handlerPlace: Place
  /** Empty for all. */
  readonly namespaces: readonly string[]
  readonly labelSelector: string | undefined
  readonly fieldSelector: string | undefined
  /** Undefined for every new version. */
  readonly on: readonly Part[] | undefined
  /** 0 for off. */
  readonly resyncMs: number
  /** Kinds whose objects the primaries own. */
  readonly owns: readonly Gvk[]
  readonly watches: readonly WatchConfig[]
  readonly retry: RetryConfig
  readonly timeoutMs: number
  readonly memoryBytes: number
  readonly concurrency: number
  readonly isolation: 'process' | { readonly group: string }
  /** JSON; undefined when the entry has none. */
  readonly with: unknown
  readonly allow: readonly AllowEntry[]
  /** The user whose rights its requests have; undefined: the host's own. */
  readonly as: string | undefined
}

/** A kind whose changes an export of the handler maps to keys. */
export interface WatchConfig {
  readonly gvk: Gvk
  /** The export. */
  readonly map: string
}

export interface RetryConfig {
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  /** 0 for no end. */
  readonly maxAttempts: number
}

/** A part of an object whose change `on` lets pass. */
export type Part = (typeof PARTS)[number]

export type AllowEntry = AllowedKind | AllowedPath

export interface AllowedKind {
  readonly gvk: Gvk
  readonly verbs: readonly string[]
  /** Undefined for none. */
  readonly subresources?: readonly string[]
  /** Undefined for the controller's own. */
  readonly namespaces?: readonly string[]
  /** Undefined for any. */
  readonly names?: readonly string[]
}

/** A path of the API server that belongs to no resource, such as `/version`. */
export interface AllowedPath {
  readonly path: string
  readonly verbs: readonly string[]
}

const PARTS = ['spec', 'labels', 'annotations', 'status'] as const

/** Verbs of the API server that a handler can ask for, and the one it cannot but that every role is copied with. */
const RESOURCE_VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'] as const
/** Methods that `raw` takes, in lower case, as RBAC has them for non-resource paths. */
export const PATH_VERBS = ['get', 'post', 'put', 'patch', 'delete'] as const

/** Subresources that turn a request into a connection, which a handler never gets. */
const CONNECTING = ['exec', 'attach', 'portforward', 'proxy']

/** Of a path; dot segments could be read in two ways. */
const SEGMENT = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~-]+'

const namespace = dnsLabel({ doc: 'A namespace.' })

export const retrySchema = z
  .strictObject({
    baseDelay: duration({
      doc: 'The longest wait before the second attempt; it doubles with each further one.',
      default: '5ms',
      min: '1ms',
      max: '1h',
      why: "client-go's default.",
    }),
    maxDelay: duration({
      doc: 'Where the doubling ends.',
      default: '1000s',
      min: '1ms',
      max: '24h',
      why: "client-go's default.",
    }),
    maxAttempts: count({
      doc: 'After this many failures in a row the key is parked; 0: never.',
      default: 0,
      min: 0,
      max: 1_000_000,
      why: 'Most faults pass, and who parks a key must say so.',
    }),
  })
  .meta({ description: 'How failed calls are repeated.' })
  .prefault({})

/** What may stand in `defaults` too. What belongs to one handler may not: its kinds, its rights and its parameters. */
const common = {
  namespaces: uniqueList(
    { doc: 'Namespaces to watch, each by itself, so that Roles suffice. Default: all.' },
    namespace,
  ).optional(),
  labelSelector: checked(
    { doc: 'Only objects with these labels, such as app=web,tier in (a, b).' },
    labelSelectorFault,
  ).optional(),
  fieldSelector: checked(
    { doc: 'Only objects with these fields, such as metadata.name=web.' },
    fieldSelectorFault,
  ).optional(),
  on: uniqueList({ doc: 'Parts whose change runs the handler. Default: every new version.' }, z.enum(PARTS)).optional(),
  resync: duration({
    doc: 'How often every object runs again without a change.',
    default: 'off',
    off: true,
    min: '1s',
    max: '24h',
    why: 'Off, as watches lose nothing; below a second one round would not end before the next.',
  }),
  retry: retrySchema,
  timeout: duration({
    doc: 'How long one call may take; then context.signal aborts and the attempt has failed.',
    default: '30s',
    min: '10ms',
    max: '24h',
    why: 'Longer than a slow API server takes for a few writes; a call of minutes should use requeueAfter.',
  }),
  memory: size({
    doc: "The private memory of the handler's process; its JavaScript heap gets half.",
    default: '128Mi',
    min: '64Mi',
    max: '64Gi',
    why: 'An idle process has 19Mi, and a heap below 32Mi spends its time collecting.',
  }),
  concurrency: count({
    doc: 'How many objects are worked on at once; one object never twice.',
    default: 4,
    min: 1,
    max: 100,
    why: 'Calls mostly wait for the API server; they share one process and one core.',
  }),
  isolation: z
    .union(
      [z.literal('process'), z.strictObject({ group: dnsLabel({ doc: 'The name; members are those that bear it.' }) })],
      { error: ({ input }) => `must be process or { group: NAME }, not ${show(input)}` },
    )
    .meta({
      description: describe({
        doc: 'process: the controller has one of its own. { group: NAME }: members share one, with the largest `memory` among them and 16Mi for each further one; their `allow` must be equal.',
        why: 'A member costs a tenth of a process, but one that hangs or runs out of memory ends the calls of all.',
      }),
    })
    .prefault('process'),
}

export const leaderElectionSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .meta({
        description:
          'Whether the controllers of this host wait until it holds the Lease. Default: only with a service account in a cluster.',
      })
      .optional(),
    name: dnsLabel({ doc: 'Of the Lease; hosts of one name take turns.' }).prefault('ostler'),
    namespace: dnsLabel({
      doc: "Of the Lease. Default: that of the service account or of the kubeconfig's context, else default.",
    }).optional(),
    leaseDuration: duration({
      doc: 'How long a Lease that is not renewed keeps others out; above renewDeadline.',
      default: '15s',
      min: '1s',
      max: '1h',
      why: "client-go's default. What it is above renewDeadline is for requests that are on their way when the host gives up.",
    }),
    renewDeadline: duration({
      doc: 'Without a renewal for so long the host kills its guests and exits; above 1.2 times retryPeriod.',
      default: '10s',
      min: '500ms',
      max: '1h',
      why: "client-go's default.",
    }),
    retryPeriod: duration({
      doc: 'How often the Lease is renewed, and tried for.',
      default: '2s',
      min: '100ms',
      max: '10m',
      why: "client-go's default.",
    }),
  })
  .meta({ description: 'Of several hosts one works, and the others stand by with synced caches. Read at start only.' })
  .prefault({})

const watchEntry = z
  .strictObject({
    for: kind({ doc: 'The kind, as group/version/Kind.' }),
    map: checked(
      { doc: 'An export of the handler: (object, old, context) => [{ namespace, name }], the objects to run.' },
      mapperFault,
    ),
  })
  .meta({ description: 'A kind whose changes run objects that the handler names.' })

const allowEntry = z
  .strictObject({
    for: kind({ doc: 'The kind, as group/version/Kind; the rights hold for all its versions.' }).optional(),
    path: matching(
      { doc: 'A path that belongs to no resource, such as /version, for context.raw.' },
      {
        pattern: `^(?!/api/[^/]+/.|/apis/[^/]+/[^/]+/.)/(?:${SEGMENT}(?:/${SEGMENT})*)?$`,
        otherwise:
          'must be a path that belongs to no resource, such as /version, without wildcards (resources go by "for")',
      },
    ).optional(),
    verbs: uniqueList(
      {
        doc: 'What may be done: RBAC verbs; apply needs create and patch, update of an object without its uid create too.',
      },
      verb(),
    ),
    subresources: uniqueList(
      { doc: 'Subresources that the verbs hold for too, such as status or scale. Default: none.' },
      checked({ doc: 'A subresource.' }, subresourceFault),
    ).optional(),
    namespaces: uniqueList({ doc: "Default: the controller's own." }, namespace).optional(),
    names: uniqueList({ doc: 'Only objects of these names. Default: any.' }, z.string().min(1)).optional(),
  })
  .meta({
    description: "Something the handler's code may ask for.",
    oneOf: [{ required: ['for'] }, { required: ['path'] }],
  })

/** One entry of `controllers`; merged with `defaults` it reads as a complete one. */
export const controllerSchema = z
  .strictObject({
    name: dnsLabel({
      doc: 'Identity: finalizer, field manager, metrics. A rename is a removal and an addition.',
    }),
    for: kind({ doc: 'The kind, as group/version/Kind; v1/Node for the core group.' }),
    handler: z
      .string()
      .min(1, { error: 'must not be empty' })
      .meta({ description: 'The handler, relative to this file.' }),
    ...common,
    owns: uniqueKinds({
      doc: 'Kinds whose objects have one of `for` as their controller (an owner reference): their changes run the owner.',
    }).prefault([]),
    watches: z.array(watchEntry).meta({ description: 'Other kinds whose changes run objects of `for`.' }).prefault([]),
    with: z.unknown().meta({ description: 'context.with: one handler can serve several entries.' }).optional(),
    allow: z
      .array(allowEntry)
      .meta({
        description:
          'What the handler may ask the API server for, beyond reading the kinds of for, owns and watches and its own status.',
      })
      .prefault([]),
    as: checked(
      {
        doc: "The user that this controller's requests are sent as: system:serviceaccount:NAMESPACE:NAME or a user name. Default: the host's own.",
      },
      identityFault,
    ).optional(),
  })
  .meta({ description: 'A controller.' })

/** The whole file. Every option is declared here and nowhere else. */
export const configSchema = z
  .strictObject({
    apiVersion: z.literal('ostler.dev/v1').meta({ description: 'The version of this format.' }),
    kind: z.literal('Ostler').meta({ description: 'What this file is.' }),
    crds: uniqueList(
      { doc: 'Files with CustomResourceDefinitions, such as crd/*.yaml, for the embedded API server only.' },
      z.string().min(1, { error: 'must not be empty' }),
    ).optional(),
    defaults: z
      .strictObject(common)
      .meta({ description: 'For every controller that does not say otherwise.' })
      .prefault({}),
    leaderElection: leaderElectionSchema,
    controllers: z.array(controllerSchema).meta({ description: 'The controllers, each with a name of its own.' }),
  })
  .meta({ title: 'Ostler config', description: describe({ doc: 'Which handler reconciles which kind, and how.' }) })

function verb() {
  return z.enum([...RESOURCE_VERBS, ...PATH_VERBS.filter((method) => !isResourceVerb(method))])
}

export function isResourceVerb(text: string): boolean {
  return (RESOURCE_VERBS as readonly string[]).includes(text)
}

/** The host calls these by itself, with other arguments. */
const CALLED_OTHERWISE = ['reconcile', 'deleted', 'finalize', 'compose', 'default']

function mapperFault(text: string): string | undefined {
  if (CALLED_OTHERWISE.includes(text)) return `must not be "${text}", which is no mapper`
  return /^[A-Za-z_$][\w$]*$/.test(text) ? undefined : 'must be the name of an export'
}

function identityFault(text: string): string | undefined {
  if (parseIdentity(text) !== undefined) return undefined
  return `must be system:serviceaccount:NAMESPACE:NAME or the name of a user, in visible characters, not ${show(text)}`
}

function subresourceFault(text: string): string | undefined {
  if (CONNECTING.includes(text)) return `must not be "${text}", which is a connection and no request`
  return /^[a-z][a-z0-9]*$/.test(text) ? undefined : `must be a subresource, such as status or scale, not "${text}"`
}
