/** RFC 1122, section 3.2.1.3 (g), and RFC 4291, sections 2.5.3 and 2.5.5.2: also an IPv4 address as an IPv6 socket has it. */
export function isLoopbackAddress(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1'
}

/** RFC 1122, section 3.2.1.3 (g); RFC 4291, section 2.5.3; RFC 6761, section 6.3. As a parsed URL writes them. */
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** True for an address that leads to a server on this machine: the sandbox itself asks, and tells, nobody else. */
export function isOnThisMachine(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return /^https?:$/.test(protocol) && LOOPBACK_HOST.test(hostname)
}
