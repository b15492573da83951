import { Agent, request } from 'node:https'

export interface WatchClientsOptions {
  readonly url: string
  readonly token: string
  /** With its query. */
  readonly path: string
  readonly count: number
}

export interface WatchClients {
  /** Resolves when each client has had so many events since it was opened. errors: Error when one of them is cut off */
  received(events: number): Promise<void>
  close(): void
}

/** Watches over a connection each; only lines are counted, so that the clients cost little beside the server. */
export async function openWatches({ url, token, path, count }: WatchClientsOptions): Promise<WatchClients> {
  const agent = new Agent({ rejectUnauthorized: false })
  const counts = new Array<number>(count).fill(0)
  let check = () => {}
  let fail = (_: Error) => {}
  await Promise.all(
    counts.map(
      (_, i) =>
        new Promise<void>((resolve, reject) => {
          const sent = request(
            new URL(path, url),
            { agent, headers: { authorization: `Bearer ${token}` } },
            (answer) => {
              if (answer.statusCode !== 200) return reject(new Error(`Cannot watch: ${answer.statusCode}`))
              answer.on('data', (chunk: Buffer) => {
                for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1))
                  counts[i] = (counts[i] ?? 0) + 1
                check()
              })
              answer.on('error', (error) => fail(error))
              answer.on('end', () => fail(new Error('A watch has ended')))
              resolve()
            },
          )
          sent.on('error', reject)
          sent.end()
        }),
    ),
  )
  return {
    received: (events) =>
      new Promise((resolve, reject) => {
        fail = reject
        check = () => {
          if (counts.every((each) => each >= events)) resolve()
        }
        check()
      }),
    close() {
      fail = () => {}
      agent.destroy()
    },
  }
}
