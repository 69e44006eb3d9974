import { ROUTE_NAMES } from './route-selector.js'

/** The language of fault rules, for the help of a command. */
export const FAULT_RULES_HELP = `A fault rule has a route, when, and what, in this order, with spaces between. Rules are looked at in order: the first one that ends a call is the last that sees it, those that only slow let it go on to the next.

Route: a method (or "any"), a path without query in which * and {name} stand for one part and ** for several, or both, as in: POST /api/v2/model/*/releases. Or one of these names: ${Object.keys(ROUTE_NAMES).join(', ')}.

When; without any of these words always, with several when all of them hold:
xN                at most N times; alone the first N calls
after=N           not the first N calls
every=N           every Nth of the others
p=0.1             with this probability; seed=TEXT draws others

What; delay, hold and trickle go with everything:
status=N          answers an error, and does nothing
html              the same, as a page of the proxy [502]
empty             the same, without a body [500]
retry-after=N     the same, with that header, in seconds [429]
lost              does it, and closes the connection without an answer
lost status=N     does it, and answers an error
reset-request=N   resets the connection after N bytes of the request's body
reset-response=N  resets the connection after N bytes of the answer's body
truncate          ends the answer after half of its body, as if it were all
truncate=N        the same, after N bytes
wrong-length=+N   has Content-Length too large by N; with -N too small
forget-offset     loses what an upload of a blob has: Range is 0-0, then 416
expire-token      ends the registry's token that came along: 401
delay=TIME        waits before doing anything
hold=TIME         waits between doing it and the answer
trickle=N/s       sends the body of the answer at this rate

Sizes are written like 500, 10kB or 1MiB, times like 250ms, 2s or 1m. A rule that finds nothing to spoil, such as a body that is too short, waits for the next call.`
