/** The variable, and no field or text of that name. */
const AUTHORIZER = /(?<![.\w"'])authorizer\b/

/** Whether an expression asks who may do what: that is not imitated, so it is refused (not-imitated.ts) and not judged. */
export function mentionsAuthorizer(expression: string): boolean {
  return AUTHORIZER.test(expression)
}
