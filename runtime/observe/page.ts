import { createHash } from 'node:crypto'
import { PAGE_SCRIPT, PAGE_STYLE } from './page-assets.ts'
import type { Trouble } from './troubles.ts'

/** All that the page shows. */
export interface Overview {
  readonly version: string
  /** The API server, as a person would name it. */
  readonly cluster: string
  readonly ok: boolean
  /** What holds the host as a whole. */
  readonly problems: readonly string[]
  readonly controllers: readonly ControllerOverview[]
  readonly parked: readonly ParkedOverview[]
  readonly troubles: readonly Trouble[]
}

export interface ControllerOverview {
  readonly name: string
  /** group/version/Kind */
  readonly kind: string
  readonly handler: string
  readonly state: string
  readonly message?: string
  readonly ok: boolean
  readonly queued: number
  readonly running: number
  readonly parked: number
  /** Calls that went well, and attempts that failed, since the host started. */
  readonly succeeded: number
  readonly failed: number
  /** Private memory of the guest; undefined while there is none. */
  readonly guestMemoryBytes?: number | undefined
}

export interface ParkedOverview {
  readonly controller: string
  readonly namespace?: string
  readonly name: string
  /** RFC 3339 */
  readonly since: string
  readonly attempts: number
  readonly message: string
}

/** Rows of a table that nobody would read to its end. */
const MAX_ROWS = 200

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing from elsewhere is loaded, and no other page can frame this one and have its buttons clicked. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(PAGE_SCRIPT)}`,
  `style-src ${hashOf(PAGE_STYLE)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The page: made whole on the host, so that it reads without its script too; the script asks for it again every 2 s. */
export function renderPage(overview: Overview): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Ostler</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
<body>
<main>
${renderHead(overview)}
${renderControllers(overview.controllers)}
${renderParked(overview.parked)}
${renderTroubles(overview.troubles)}
</main>
<p id="note" role="status"></p>
<script>${PAGE_SCRIPT}</script>
`
}

function renderHead({ version, cluster, ok, problems }: Overview): string {
  const state = ok ? '<b class="good">ready</b>' : '<b class="bad">not ready</b>'
  const list = problems.map((problem) => `<li>${escaped(problem)}</li>`).join('')
  return `<header><h1>Ostler</h1><p>${state} · ${escaped(cluster)} · ${escaped(version)} · <a href="/metrics">metrics</a></p></header>
${list === '' ? '' : `<ul class="problems">${list}</ul>`}`
}

function renderControllers(controllers: readonly ControllerOverview[]): string {
  const rows = controllers.map(
    (controller) => `<tr>
<td><b>${escaped(controller.name)}</b><small>${escaped(controller.kind)}<br>${escaped(controller.handler)}</small></td>
<td><span class="state ${stateClass(controller)}">${escaped(controller.state)}</span>${
      controller.message === undefined ? '' : `<small>${escaped(controller.message)}</small>`
    }</td>
${[controller.queued, controller.running, controller.parked, controller.succeeded, controller.failed].map(numberCell).join('')}
<td class="number">${controller.guestMemoryBytes === undefined ? '–' : `${Math.round(controller.guestMemoryBytes / 2 ** 20)} MiB`}</td>
</tr>`,
  )
  const heads = ['Controller', 'State', 'Queued', 'Running', 'Parked', 'Succeeded', 'Failed', 'Guest']
  return table('Controllers', heads, rows, 'The config names no controller.')
}

function renderParked(parked: readonly ParkedOverview[]): string {
  const rows = parked.map(({ controller, namespace, name, since, attempts, message }) => {
    const ref = JSON.stringify({ ...(namespace === undefined ? {} : { namespace }), name })
    const object = namespace === undefined ? name : `${namespace}/${name}`
    return `<tr><td>${escaped(controller)}</td><td>${escaped(object)}</td><td>${time(since)}</td>${numberCell(attempts)}
<td>${escaped(message)}</td><td><button data-controller="${escaped(controller)}" data-ref="${escaped(ref)}">Replay</button></td></tr>`
  })
  const heads = ['Controller', 'Object', 'Since', 'Attempts', 'Why', '']
  return table('Parked', heads, rows, 'Nothing is parked: no object has used up its attempts.')
}

function renderTroubles(troubles: readonly Trouble[]): string {
  const rows = troubles.map(
    ({ level, controller = '', key = '', message, at, count }) => `<tr>
<td>${time(new Date(at).toISOString())}</td><td class="${level}">${level}</td><td>${escaped(controller)}</td><td>${escaped(key)}</td>
<td>${escaped(message)}</td>${numberCell(count)}</tr>`,
  )
  const heads = ['Last', 'Level', 'Controller', 'Object', 'Message', 'Times']
  return table('Warnings and errors', heads, rows, 'None since the host started.')
}

function table(title: string, heads: readonly string[], rows: readonly string[], empty: string): string {
  if (rows.length === 0) return `<section><h2>${title}</h2><p class="empty">${empty}</p></section>`
  const more = rows.length > MAX_ROWS ? `<p class="empty">and ${rows.length - MAX_ROWS} more</p>` : ''
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('')
  const body = rows.slice(0, MAX_ROWS).join('\n')
  return `<section><h2>${title} <small>${rows.length}</small></h2>
<table><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table>${more}</section>`
}

function stateClass({ state, ok }: ControllerOverview): string {
  if (state === 'Running') return 'good'
  if (state === 'HandlerFailed' || state === 'ConfigError' || state === 'Forbidden') return 'bad'
  return ok ? 'waiting' : 'bad'
}

function numberCell(value: number): string {
  return `<td class="number">${value}</td>`
}

/** In UTC for who has no script; the script shows the reader's own time. */
function time(iso: string): string {
  return `<time datetime="${escaped(iso)}">${escaped(iso.slice(0, 19).replace('T', ' '))}</time>`
}

/** Names and messages come from handlers and from the cluster. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
