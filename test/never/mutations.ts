/** One mitigation taken out, and the case that must fail without it. */
export interface Mutation {
  /** 1 to 15. */
  readonly never: number
  /** What is missing then. */
  readonly without: string
  /** Below runtime/. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** How the name of the case goes on after `never-NN: `. */
  readonly test: string
}

const inFile =
  (never: number, file: string) =>
  (without: string, find: string, replace: string, test: string): Mutation => ({
    ...{ never, without, file, find, replace, test },
  })

const listWatch = (never: number) => inFile(never, 'informer/list-watch.ts')
const reflector = (never: number) => inFile(never, 'informer/reflector.ts')
const informer = (never: number) => inFile(never, 'informer/informer.ts')
const backoff = inFile(1, 'informer/backoff.ts')
const controller = (never: number) => inFile(never, 'controller/controller.ts')
const retries = (never: number) => inFile(never, 'controller/retries.ts')
const breaker = inFile(7, 'queue/circuit-breaker.ts')
const turn = (never: number) => inFile(never, 'controller/turn.ts')
const hostedController = (never: number) => inFile(never, 'hosting/hosted-controller.ts')
const hostedHandler = (never: number) => inFile(never, 'hosting/hosted-handler.ts')
const host = (never: number) => inFile(never, 'host.ts')
const overlay = (never: number) => inFile(never, 'broker/overlay.ts')
const finalizer = inFile(8, 'controller/finalizer.ts')
const sendGate = inFile(9, 'leaderelection/send-gate.ts')
const elector = inFile(9, 'leaderelection/leader-elector.ts')
const workQueue = (never: number) => inFile(never, 'queue/work-queue.ts')
const fairGate = inFile(10, 'kube/fair-gate.ts')
const credentials = inFile(14, 'kube/credentials.ts')

/** At least one for each thing that must never happen; the text to find is kept short, so that it lasts. */
export const MUTATIONS: readonly Mutation[] = [
  listWatch(1)(
    'bookmarks',
    'allowWatchBookmarks: true',
    'allowWatchBookmarks: false',
    'every watch asks for bookmarks',
  ),
  reflector(1)(
    'jitter in timeoutSeconds',
    '(1 + random() / 2)',
    '(1 + 0 * random())',
    'every watch asks for bookmarks',
  ),
  reflector(1)('the idle timer', 'IDLE_LIMIT_MS = 150_000', 'IDLE_LIMIT_MS = 150_000_000', 'a watch that falls silent'),
  informer(1)(
    'the age of the last sign',
    'this.#lastSignAtMs = this.#options.clock.now()\n    if',
    'if',
    'a bookmark is sign',
  ),
  inFile(1, 'observe/informer-metrics.ts')(
    'the metric',
    'age.set(labels, sample',
    'void (labels, sample',
    'the age of the last',
  ),
  inFile(1, 'hosting/host-status.ts')(
    'silence in /readyz',
    'informer.isSilent)',
    'false && informer)',
    'the age of the last sign',
  ),
  backoff('the cap', 'Math.min(capMs, ', 'Math.max(0, ', 'it retries for ever'),
  backoff('jitter', 'random() * Math.min', '(0 * random() + 1) * Math.min', 'it retries for ever'),
  reflector(1)(
    'a wait after a short watch',
    'SHORT_WATCH_MS = 5_000',
    'SHORT_WATCH_MS = 0',
    'a server that ends each watch',
  ),
  informer(1)(
    'another try after a 404',
    'isFirst = true; !signal.aborted;',
    'isFirst = true; isFirst;',
    'it retries for ever',
  ),

  informer(2)(
    'caching on receipt',
    'this.#store.set(entry)',
    'void queueMicrotask(() => this.#store.set(entry))',
    'an object is in the cache',
  ),
  informer(2)(
    'care for a subscriber that throws',
    "this.#hooks.error(error, 'subscriber')",
    'throw error',
    'an object is in the cache',
  ),
  retries(2)(
    'the retry',
    'formatMs(delayMs)}`)\n    this.#timers.addAfter(key, delayMs)',
    'formatMs(delayMs)}`)',
    'a call that throws',
  ),
  inFile(2, 'controller/outcome.ts')(
    'an outcome of a timeout',
    "{ kind: 'retry', failure: { name: 'Timeout'",
    "{ kind: 'success' } as never as { kind: 'retry', failure: Failure } ?? { kind: 'retry', failure: { name: 'Timeout'",
    'a call that takes too long',
  ),
  retries(2)(
    'another turn after a death',
    'this.#suspects.add(key)\n    this.#timers.addAfter(key, 0)',
    'this.#suspects.add(key)',
    'a call that dies',
  ),
  inFile(2, 'controller/mapper-runs.ts')(
    'putting back what was not mapped',
    'this.#mappings.restore(mapped.left)',
    'false',
    'a mapper that throws',
  ),

  controller(3)(
    'a parking of its own',
    '#parking = new Parking()',
    '#parking: Parking = ((globalThis as { parking?: Parking }).parking ??= new Parking())',
    'two controllers on one object',
  ),
  inFile(3, 'broker/object-key.ts')(
    'the kind in the key',
    'name: string,\n): string {',
    "name: string,\n): string {\n  kind = 'any'",
    'objects of one name',
  ),
  inFile(3, 'broker/object-key.ts')('the namespace in the key', "{namespace ?? ''}", "{''}", 'objects of one name'),
  informer(3)('a look at the uid of an event', 'old.uid !== entry.uid', 'false', 'an object re-created between'),
  inFile(3, 'controller/take-turn.ts')(
    'a look at the uid after the call',
    'return find(turn.entry.key)?.uid !== turn.entry.uid',
    'return false',
    'what a call for the object before',
  ),
  turn(3)(
    'a look at the uid before the write',
    '?.uid !== turn.entry.uid',
    ' === undefined',
    'what a call for the object before',
  ),
  inFile(3, 'controller/status-writer.ts')(
    'the uid test of a status',
    "{ op: 'test', path: '/metadata/uid', value: uid },",
    '',
    'what the host writes',
  ),
  inFile(3, 'controller/finalizer.ts')(
    'the uid test of a removal',
    "{ op: 'test', path: '/metadata/uid', value: uid },",
    '',
    'what the host writes',
  ),
  inFile(3, 'broker/primary-guard.ts')(
    "the uid in a handler's write",
    "isPrimary && primary.uid !== ''",
    'false',
    'a handler’s',
  ),

  reflector(4)('a relist after 410', 'if (isGone(error) || isRefused', 'if (isRefused', 'a watch that meets a 410'),
  reflector(4)(
    'a relist after a restore',
    '/too large resource version/i',
    '/nothing at all/',
    'a watch that meets a version from before',
  ),
  reflector(4)(
    'one page after an expired token',
    "isGone(error) ? 'whole'",
    "isGone(error) ? 'pages'",
    'a 410 between two pages',
  ),
  reflector(4)(
    'the version of the last event',
    'if (!isLate) resourceVersion = version',
    '',
    'a watch that breaks off',
  ),
  informer(4)(
    'a fresh look after a 404',
    "event.kind === 'error' && isNotFound(event.error)",
    'false',
    'a kind that is absent',
  ),
  informer(4)('the state of a missing kind', 'this.#setState(waitingForKind(gvk))', '', 'a kind that is absent'),
  inFile(4, 'informer/kind-watcher.ts')(
    'looking for a missing kind',
    'this.#lookWithin(FIRST_LOOK_MS)',
    '',
    'a kind that is absent',
  ),

  reflector(5)('WatchList first', "kind: 'empty', via: 'stream'", "kind: 'empty', via: 'pages'", 'the first list'),
  reflector(5)(
    'the fallback',
    'if (isRefused(error)) return fallBack',
    'if (false) return fallBack',
    'a server that does not stream',
  ),
  reflector(5)('pages', "via === 'pages' && {", 'false && {', 'a server that does not stream'),
  listWatch(5)(
    'one object at a time',
    'for (const text of scanner.push(chunk)) entries.push(parser.parse(JSON.parse(text) as ParsedObject))',
    "for (const item of JSON.parse('[' + [...scanner.push(chunk)].join() + ']') as ParsedObject[]) entries.push(parser.parse(item))",
    'of a page, as of a stream',
  ),

  inFile(6, 'broker/reads.ts')(
    'the overlay of a get',
    'written === undefined ? cached?.json',
    'true ? cached?.json',
    'after an own patch',
  ),
  inFile(6, 'broker/reads.ts')('the overlay of a list', 'if (written.size === 0)', 'if (true)', 'after an own patch'),
  inFile(6, 'broker/stored-object.ts')('the record of a write', 'overlay.record(', 'void (', 'after an own patch'),
  overlay(6)(
    'waiting for the version',
    'isSameOrLater(resourceVersion, written',
    'Boolean(resourceVersion && written',
    'what was written stays',
  ),
  overlay(6)(
    'a live read after a minute',
    'this.#clock.now() - written.atMs >= MAX_AGE_MS',
    'false',
    'a write that the cache does not show',
  ),
  inFile(6, 'broker/reads.ts')('live reads after a conflict', 'scope.sawConflict ||', '', 'after a conflict'),
  turn(6)(
    'the merge into the last write',
    'return { ...target, json: written.json',
    'return target ?? { ...target, json: written.json',
    'a status is merged',
  ),

  inFile(7, 'controller/status.ts')(
    'the comparison',
    'jsonEqual(present, next) ? undefined : next',
    'next',
    'a handler that returns the same',
  ),
  inFile(7, 'controller/status.ts')(
    'a look at the present status',
    'jsonEqual(present, next)',
    'jsonEqual({}, next)',
    'a status that somebody else',
  ),
  inFile(7, 'util/json.ts')(
    'indifference to the order of keys',
    'if (a === b) return true',
    'if (a !== undefined) return JSON.stringify(a) === JSON.stringify(b)',
    'keys in another order',
  ),
  inFile(7, 'controller/status.ts')(
    'the kept transition time',
    'stays ? present.lastTransitionTime : undefined',
    'undefined',
    'a condition that stays',
  ),
  breaker('the limit', 'BURST = 100', 'BURST = 1e9', 'a loop by writes'),
  breaker(
    'holding changes',
    'slowed === undefined || slowed.isDue) return false',
    'slowed !== null) return false',
    'a loop by writes',
  ),
  breaker('delays that grow', 'Math.min(MAX_DELAY_MS, delayMs * 2)', 'delayMs', 'a loop by writes'),
  breaker(
    'keeping in mind what is slowed down',
    'slowed.isDue = true\n',
    'slowed.isDue = true\n    this.#slowed.delete(key)\n',
    'a loop by writes',
  ),
  breaker('the turn for what was held', 'this.#options.onDue(key)', '', 'a loop by writes'),
  controller(7)('the line about a loop', 'log.warn(', 'log.debug(', 'a loop by writes'),
  controller(7)('the count of loops', 'metrics.slowedDown()', '', 'a loop by writes'),
  controller(7)(
    'slowing down mappers',
    '!mayWait || !this.#breaker.holds(key)',
    'mayWait || !mayWait',
    'a mapper in a loop',
  ),
  controller(7)(
    'letting a deletion pass',
    'if (this.#isDeleting(key)) this.#breaker.forget(key)\n    else if',
    'if',
    'the deletion of an object in a loop',
  ),
  controller(7)(
    'forgetting a loop whose object is gone',
    'this.#breaker.forget(key)\n    this.#reasons',
    'this.#reasons',
    '`deleted` of an object in a loop',
  ),
  inFile(7, 'controller/mapper-runs.ts')(
    'telling a mapper of a deletion at once',
    '!isFull && !event.isGone',
    '!isFull',
    'a mapper in a loop',
  ),

  turn(8)('keeping it after a failure', "if (outcome.kind !== 'success') return outcome", '', 'a finalize that'),
  finalizer('the test of what is removed', "{ op: 'test', path, value: finalizer },", '', 'a finalize that resolves'),
  finalizer(
    'the test of the version where there is no list',
    "{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },",
    '',
    'ours joins',
  ),
  finalizer('the uid test', "{ op: 'test', path: '/metadata/uid', value: uid },", '', 'no finalizer of ours'),
  finalizer('adding it first', 'if (!bears) return {', 'if (false) return {', 'reconcile is never called'),
  inFile(8, 'controller/finalizer-strip.ts')('the strip', 'removeFinalizer(', 'void (', 'a bundle without finalize'),

  elector('the deadline', 'GIVE_UP_SHARE = 0.95', 'GIVE_UP_SHARE = 2.5', 'a leader that cannot renew'),
  sendGate('the look before a request', 'if (isWrite) elector.assertLeading()', '', 'a host on standby sends'),
  sendGate('the look at the last moment', 'if (isWrite && !isLeading(elector)) return', '', 'a host that was frozen'),
  sendGate('breaking off', 'follow(cut, elector.ended)', '() => {}', 'what is under way'),
  host(9)('killing the guests', '.then(() => cutOff(controllers, pool, clock))', '', 'a host that loses its lease'),
  hostedController(9)(
    'waiting for the lease',
    '!this.#parts.isLeader() || !this.#access.isEnough',
    '!this.#access.isEnough',
    'a host that stands by',
  ),

  controller(10)(
    'the low lane of the initial list',
    "isInitial ? 'low' : 'high')\n  }\n\n  changed",
    "'high')\n  }\n\n  changed",
    'a live change comes',
  ),
  controller(10)('the low lane of a resync', "'resync', 'low'", "'resync', 'high'", 'a live change, and a retry'),
  controller(10)(
    'the low lane of a reload',
    "this.#enqueue(entry.key, 'reload', 'low')",
    "this.#enqueue(entry.key, 'reload', 'high')",
    'a live change, and a retry',
  ),
  workQueue(10)('the share of the low lane', 'LOW_SHARE = 16', 'LOW_SHARE = 1e9', 'a stream of live changes'),
  fairGate(
    'the limit of one user',
    '< this.#options.slotsPerUser',
    '< Infinity',
    'a controller whose requests all hang',
  ),
  fairGate(
    'taking turns',
    'this.#waiting.set(user, rest)',
    'this.#waiting.set(user, rest), [...this.#waiting].reverse().forEach(([k, v]) => { this.#waiting.delete(k); this.#waiting.set(k, v) })',
    'waiting controllers',
  ),

  inFile(11, 'sandbox/guest-group.ts')(
    'leaving the process as it is until another one has loaded',
    'if (!this.#isWorthAnother(asks, assembled)) return',
    'if (!this.#isWorthAnother(asks, assembled)) return this.#retireRunning()',
    'a handler that throws',
  ),
  hostedHandler(11)('telling the fault', 'this.#fault = sayError(error)', '', 'a handler that is no TypeScript'),
  hostedHandler(11)(
    'a check of the exports',
    'assertExports(wanted().handler, types',
    '((..._: unknown[]) => {})(wanted().handler, types',
    'a handler without',
  ),
  inFile(11, 'hosting/hosted-controllers.ts')(
    'keeping the config',
    'await loadConfig({ file: this.#config.file, cwd: this.#config.dir })',
    'await loadConfig({ file: this.#config.file, cwd: this.#config.dir }).catch(() => ({ ...this.#config, controllers: [] }))',
    'a config that is no YAML',
  ),
  inFile(11, 'hosting/hosted-controllers.ts')(
    'telling the fault of a config',
    "log.error('Cannot use the new config; the one before goes on', { error })",
    '',
    'a config that is no YAML',
  ),

  retries(12)('forgetting failures', 'this.end(key)', 'this.#timers.clear(key)', 'all that is kept'),
  retries(12)('forgetting timers', 'this.end(key)', 'this.#limiter.forget(key)', 'all that is kept'),
  controller(12)('forgetting finalizers', 'this.#finalizers.forget(key)', '', 'all that is kept'),
  overlay(12)('dropping a late write', 'gone !== undefined && (', 'false && (', 'a last write'),
  controller(12)(
    'dropping the turn of a dropped state',
    'this.#forget(key)\n    this.#queue.remove(key)',
    '',
    'a controller',
  ),
  workQueue(12)('taking stale keys out', 'MIN_STALE + 2 * this.#waiting', 'Infinity', 'a queue nobody takes from'),
  overlay(12)(
    'live reads beyond the bound',
    'if (written === undefined) return',
    'if (written === undefined) return undefined &&',
    'bound of own writes',
  ),
  overlay(12)('the bound of the overlay', 'if (this.#written.size > MAX_ENTRIES)', 'if (false)', 'bound of own writes'),
  inFile(12, 'controller/tombstones.ts')(
    'the bound of last states',
    'if (this.#size <= MAX_TOMBSTONES)',
    'if (true)',
    'bound of last states',
  ),
  inFile(12, 'controller/mappings.ts')(
    'the bound of versions',
    'isTooLong = states.length > MAX_STATES',
    'isTooLong = false',
    'bound of changes',
  ),
  inFile(12, 'broker/event-budget.ts')(
    'the budget of events',
    'return bucket.tryTake()',
    'return bucket.tryTake() || true',
    'bound of events',
  ),
  inFile(12, 'informer/line-splitter.ts')(
    'the bound of a line',
    'pendingBytes > maxLineBytes',
    'false',
    'bound of a line',
  ),

  controller(13)('waiting for running calls', 'this.#workers.onIdle()', 'undefined', 'amid hundreds of objects'),
  controller(13)(
    'beginning no call',
    "this.#state === 'working' && this.#hasFreeWorker()",
    "this.#state !== 'idle' && this.#hasFreeWorker()",
    'amid hundreds of objects',
  ),
  hostedController(13)(
    'the end of the grace',
    'await Promise.race([drained, timeIsUp])',
    'await drained',
    'a call that waits for ever',
  ),
  hostedController(13)('breaking requests off', 'this.#requests.cut(', 'Array.of(', 'an API server that never answers'),
  host(13)(
    'giving the lease back last',
    'await controllers.stop(graceMs)\n',
    'await leadership.release()\n      await controllers.stop(graceMs)\n',
    'the lease is given back',
  ),
  controller(13)('clearing timers', 'this.#retries.clearTimers()', '', 'a controller that drains'),

  credentials('reading files again', 'this.#clock.now() - this.#readAt < REREAD_MS', 'true', 'a token whose file'),
  inFile(14, 'kube/retry.ts')(
    'reading again after a refusal',
    '(isUnauthorized(error) || isTlsFailure(error))',
    'false',
    'a refused token',
  ),
  inFile(14, 'kube/retry.ts')(
    'reading again after a TLS failure',
    '|| isTlsFailure(error)',
    '',
    'a server that has a new CA',
  ),
  inFile(14, 'kube/client.ts')(
    'new connections for new certificates',
    'this.#pool?.tls === tls',
    'this.#pool !== undefined',
    'a CA whose file',
  ),
  inFile(14, 'kube/client.ts')(
    'new connections for a new client certificate',
    'this.#pool?.tls === tls',
    'this.#pool !== undefined',
    'a client certificate',
  ),
  inFile(14, 'kube/client.ts')(
    'renewal for watches',
    "decision.kind === 'renew'",
    "decision.kind === 'renew' && mayWait",
    'a watch that is refused',
  ),

  retries(15)('the log line of a failure', 'this.#options.log.error(', 'void (', 'a failed call'),
  inFile(15, 'observe/controller-metrics.ts')(
    'the count of failures',
    "if (result === 'error') errors.inc(labels)",
    '',
    'a failed call',
  ),
  host(15)('what is parked', 'parked: () => all().flatMap(parkedOf)', 'parked: () => []', 'what is given up'),
  inFile(15, 'observe/controller-metrics.ts')(
    'the gauge of what is parked',
    'parked.set(labels, sample.parked)',
    '',
    'what is given up',
  ),
  host(15)('the ear of the page', 'troubles.listen(options.log)', 'options.log', 'what fails is on the page'),
  inFile(15, 'observe/troubles.ts')(
    'what controllers say on the page',
    'this.listen(log.child(fields), { ...fields, ...fixed })',
    'log.child(fields)',
    'what fails is on the page',
  ),
  inFile(15, 'observe/troubles.ts')(
    'errors on the page',
    "keep('error', message, fields)",
    '',
    'what fails is on the page',
  ),
  inFile(15, 'observe/page.ts')(
    'the table of errors',
    'renderTroubles(overview.troubles)',
    "''",
    'what fails is on the page',
  ),
  inFile(15, 'observe/page.ts')(
    'the table of what is parked',
    'renderParked(overview.parked)',
    "''",
    'what fails is on',
  ),
  inFile(15, 'observe/page.ts')(
    'why a controller stands still',
    'escaped(controller.message)',
    "''",
    'what fails is on the page',
  ),
  turn(15)(
    'the outcome of a refused write',
    "return decideHostFailure(error, { name: 'StatusWriteFailed'",
    "return undefined ?? { kind: 'success' } ?? decideHostFailure(error, { name: 'StatusWriteFailed'",
    'a write of the host',
  ),
  inFile(15, 'hosting/hosted-state.ts')(
    'the state of a handler that does not load',
    "return { state: 'HandlerFailed', message: handlerFault",
    "return { state: 'Loading', message: handlerFault",
    'a handler that does not load',
  ),
  inFile(15, 'observe/informer-metrics.ts')(
    'the count of broken watches',
    'isRemoved || restarts.inc(labels)',
    'isRemoved',
    'a watch that breaks',
  ),
  hostedHandler(15)(
    'the log line of a death',
    "else if ('message' in state) log.error(`The guest",
    'else if (false) log.error(`The guest',
    'a watch that breaks',
  ),
]
