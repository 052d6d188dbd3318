import ipaddr from 'ipaddr.js';

/**
 * How an address is kept as one whole number of 64 bits, so that the store compares, groups and sums without strings:
 * IPv4 is its 32-bit value; IPv6 is 2^62 plus 62 bits of a hash, with its text in the store's dictionary, where a
 * collision would be found when the second address is entered. -1 stands for an address that is not known.
 */
export interface AddressId {
  readonly hi: number;
  readonly lo: number;
}

/** The IPv4 address whose text stands in bytes[from, to), as an unsigned number; -1 where it is none. */
export function parseIpv4(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length < 7 || length > 15) return -1;
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = from; i < to; i++) {
    const c = bytes[i]! - 48;
    if (c === -2) {
      if (octet < 0) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots += 1;
    } else {
      if (c < 0 || c > 9) return -1;
      octet = octet < 0 ? c : octet * 10 + c;
      if (octet > 255) return -1;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

/** Two independent 32-bit FNV-1a hashes of a text, 62 bits of them, at or above 2^62. */
export function hashText(text: string): AddressId {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b ^ c, 0x85ebca6b) ^ (b >>> 13);
  }
  b ^= b >>> 16;
  return { hi: (b & 0x3fffffff) | 0x40000000 | 0, lo: a | 0 };
}

export function idToBigInt(id: AddressId): bigint {
  return (BigInt(id.hi) << 32n) | BigInt(id.lo >>> 0);
}

export function ipv4Text(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** One spelling of an IPv6 address, or undefined where the text is none. */
export function canonicalIpv6(text: string): string | undefined {
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toString();
}

/** The IPv4 address inside a NAT64 address of 64:ff9b::/96 (RFC 6052), as a number; -1 for any other address. */
export function nat64Target(text: string): number {
  if (!/^0*64:ff9b:/i.test(text) || !ipaddr.IPv6.isValid(text)) return -1;
  const parts = ipaddr.IPv6.parse(text).parts;
  if (parts[0] !== 0x64 || parts[1] !== 0xff9b || parts.slice(2, 6).some((part) => part !== 0)) return -1;
  return parts[6]! * 65536 + parts[7]!;
}

/** Address text to the id it has in a store; undefined where it is no address. NAT64 counts as the IPv4 it leads to. */
export function addressId(text: string): bigint | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return BigInt(text.split('.').reduce((value, octet) => value * 256 + Number(octet), 0));
  }
  const nat64 = nat64Target(text);
  if (nat64 >= 0) return BigInt(nat64);
  const canonical = canonicalIpv6(text);
  if (canonical === undefined) return undefined;
  return canonical.includes(':') ? idToBigInt(hashText(canonical)) : addressId(canonical);
}

/** Private and shared ranges (RFC 1918, RFC 6598), first and last: on these a client of a public NAT gateway can sit. */
export const PRIVATE_IPV4: readonly (readonly [number, number])[] = [
  [0x0a000000, 0x0affffff],
  [0xac100000, 0xac1fffff],
  [0xc0a80000, 0xc0a8ffff],
  [0x64400000, 0x647fffff],
];

export function isPrivateIpv4(value: number): boolean {
  // Asked twice of every other row: a loop, not a function for each range.
  for (let i = 0; i < PRIVATE_IPV4.length; i++) {
    const range = PRIVATE_IPV4[i]!;
    if (value >= range[0] && value <= range[1]) return true;
  }
  return false;
}
