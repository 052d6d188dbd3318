import ipaddr from 'ipaddr.js';

/** Whether an address stands in a CIDR range of its own family. */
export function isInRange(address: string, cidr: string): boolean {
  const parsed = ipaddr.parse(address);
  const [range, length] = ipaddr.parseCIDR(cidr);
  return parsed.kind() === range.kind() && parsed.match(range, length);
}
