/** The prelude's source; sandbox/guest-bundle.ts puts it in when it bundles the guest. */
declare module 'ostler:prelude' {
  const source: string
  export default source
}
