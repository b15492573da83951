/** The pods' addresses, 10.244.0.0/16 as many clusters have it. */
export interface PodAddresses {
  /** The one that the pod of this uid has, or the next free one. */
  of(uid: string): string
  /** The pod has this address from an earlier run of the server. */
  keep(uid: string, address: string | undefined): void
  release(uid: string): void
}

/** 65,534; with more pods than that, some share one. */
const MAX_ADDRESSES = 2 ** 16 - 2

export function createPodAddresses(): PodAddresses {
  const byUid = new Map<string, string>()
  const used = new Set<string>()
  let last = 0

  return {
    of(uid) {
      const known = byUid.get(uid)
      if (known !== undefined) return known
      const address = next()
      keep(uid, address)
      return address
    },
    keep,
    release(uid) {
      const address = byUid.get(uid)
      if (address === undefined) return
      byUid.delete(uid)
      used.delete(address)
    },
  }

  function keep(uid: string, address: string | undefined): void {
    if (address === undefined) return
    byUid.set(uid, address)
    used.add(address)
  }

  function next(): string {
    for (let tries = 0; ; tries++) {
      last = (last % MAX_ADDRESSES) + 1
      const address = `10.244.${last >> 8}.${last & 255}`
      if (!used.has(address) || tries >= MAX_ADDRESSES) return address
    }
  }
}
