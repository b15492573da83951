/** A change that a controller made, by its handler or by the host for it. */
export interface ControllerWrite {
  readonly controller: string
  readonly method: string
  readonly path: string
  readonly body: string | undefined
  /** In words. */
  readonly text: string
}
