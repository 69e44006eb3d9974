/** Where the sandbox itself is asked, and not the Bailo in it. */
export const CONTROL_PATH = '/_sandbox'

/** True for requests that are no part of what is tried on the sandbox: not counted, not limited, never faulty. */
export function isForControl(url: string): boolean {
  return url.startsWith(`${CONTROL_PATH}/`)
}
