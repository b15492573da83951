/** What stands in the page itself; its hashes stand in the page's policy, and nothing else is run. */

export const PAGE_STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { max-width: 76rem; margin: 0 auto; padding: 1rem }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem }
small { display: block; opacity: .7; overflow-wrap: anywhere }
h2 small { display: inline }
section { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; white-space: nowrap }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.state { padding: 0 .5em; border-radius: 1em; border: 1px solid currentColor; white-space: nowrap }
time, button { white-space: nowrap }
.good { color: light-dark(#0a6b2d, #5fd38a) }
.waiting, .warn { color: light-dark(#7a5200, #e5b95c) }
.bad, .error, .problems { color: light-dark(#b00020, #ff8a8a) }
.empty { opacity: .7; margin: 0 }
#note:empty { display: none }
#note { position: fixed; bottom: 1rem; right: 1rem; margin: 0; padding: .5rem 1rem; background: Canvas; border: 1px solid }
`

export const PAGE_SCRIPT = `
const note = (text) => { document.getElementById('note').textContent = text }
const showTimes = () => {
  for (const time of document.querySelectorAll('time')) time.textContent = new Date(time.dateTime).toLocaleString()
}
let shown = document.querySelector('main').innerHTML
async function refresh() {
  try {
    const answer = await fetch('/', { cache: 'no-store' })
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const fresh = page.querySelector('main')
    if (fresh === null) return note('The host answers ' + answer.status)
    note('')
    // What has not changed stays, and with it the reader's place and selection.
    if (fresh.innerHTML === shown) return
    shown = fresh.innerHTML
    document.querySelector('main').replaceWith(fresh)
    showTimes()
  } catch {
    note('The host does not answer; what is shown is old')
  }
}
document.addEventListener('click', async ({ target }) => {
  if (target.dataset.ref === undefined) return
  target.disabled = true
  const path = '/parked/' + encodeURIComponent(target.dataset.controller) + '/replay'
  const headers = { 'content-type': 'application/json' }
  try {
    const answer = await fetch(path, { method: 'POST', headers, body: target.dataset.ref })
    if (!answer.ok) note('Not replayed: ' + await answer.text())
  } finally {
    await refresh()
  }
})
showTimes()
setInterval(() => { if (!document.hidden) refresh() }, 2000)
`
