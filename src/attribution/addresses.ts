import ipaddr from 'ipaddr.js';
import { ipv4Text } from '../flows/addresses.js';

/** An IP address as a number, so that ranges can be compared: a uint32, or a 128-bit bigint. */
export type Address = { readonly family: 4; readonly value: number } | { readonly family: 6; readonly value: bigint };

export interface V4Range {
  readonly family: 4;
  readonly first: number;
  readonly last: number;
}

/** A CIDR prefix or any other run of addresses, both ends included. */
export type AddressRange = V4Range | { readonly family: 6; readonly first: bigint; readonly last: bigint };

/** 64:ff9b::/96, the well-known NAT64 prefix (RFC 6052): the last 32 bits are the IPv4 address that is meant. */
const NAT64_HIGH = 0x64ff9b0000000000000000n;
/** ::ffff:0:0/96, IPv4 written as IPv6. */
const MAPPED_HIGH = 0xffffn;
const ALL_V6 = 2n ** 128n - 1n;

/**
 * Reads one address, strictly: no leading zeros, no zone, no port, no blanks. IPv4 inside NAT64 or inside a
 * v4-mapped address comes back as the IPv4 address that it stands for, so that one host has one name.
 * @returns undefined where the text is no address.
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseV6(text);
  if (value === undefined) return undefined;
  return embedsV4(value) ? { family: 4, value: Number(value & 0xffffffffn) } : { family: 6, value };
}

/** The canonical text: dotted quad, or RFC 5952 (lower case, shortest). */
export function formatAddress(address: Address): string {
  return address.family === 4 ? ipv4Text(address.value) : formatV6(address.value);
}

/** The canonical text of what a person or a log wrote; undefined where it is no address. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address && formatAddress(address);
}

/**
 * Reads `10.20.0.0/20`, `fd00::/56` or a lone address. Bits beyond the prefix length are cleared. A prefix longer than
 * 96 inside NAT64 or ::ffff:0:0/96 is the IPv4 prefix that it stands for.
 * @returns undefined where the text is neither, a length beyond 32 or 128 included.
 */
export function parsePrefix(text: string): AddressRange | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parseAddress(text);
    return address && rangeOf(address, address.family === 4 ? 32 : 128);
  }
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const length = Number(digits);
  const host = text.slice(0, slash);
  if (!host.includes(':')) {
    const value = parseV4(host);
    return value === undefined || length > 32 ? undefined : rangeOf({ family: 4, value }, length);
  }
  const value = parseV6(host);
  if (value === undefined || length > 128) return undefined;
  if (length > 96 && embedsV4(value)) return rangeOf({ family: 4, value: Number(value & 0xffffffffn) }, length - 96);
  return rangeOf({ family: 6, value }, length);
}

/** A range as text: an address, a CIDR prefix where it is one, else `first-last`. */
export function formatRange(range: AddressRange): string {
  const first = range.family === 4 ? ipv4Text(range.first) : formatV6(range.first);
  if (range.first === range.last) return first;
  const bits = range.family === 4 ? 32 : 128;
  const size = BigInt(range.last) - BigInt(range.first) + 1n;
  const hostBits = size.toString(2).length - 1;
  const isPrefix = size === 1n << BigInt(hostBits) && BigInt(range.first) % size === 0n;
  if (isPrefix) return `${first}/${bits - hostBits}`;
  return `${first}-${range.family === 4 ? ipv4Text(range.last) : formatV6(range.last)}`;
}

/** `10.1.2.3` as a uint32; undefined for anything else, leading zeros included. */
function parseV4(text: string): number | undefined {
  if (text.length > 15 || text.length < 7) return undefined;
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (octet < 0 || dots === 3) return undefined;
      value = value * 256 + octet;
      octet = -1;
      dots += 1;
    } else if (code >= 48 && code <= 57) {
      if (octet === 0) return undefined; // a leading zero: octal to some, decimal to others
      octet = Math.max(octet, 0) * 10 + (code - 48);
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : undefined;
}

/** By hand, since a table of ranges has thousands of them and ipaddr.js takes 30 µs each (and lets zones and octal pass). */
function parseV6(text: string): bigint | undefined {
  if (text.length > 45) return undefined;
  const [left = '', right, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const first = left === '' && right !== undefined ? [] : groupsOf(left, right === undefined);
  const last = right === undefined || right === '' ? [] : groupsOf(right, true);
  if (!first || !last) return undefined;
  const missing = 8 - first.length - last.length;
  // `::` stands for at least one group.
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  return BigInt(`0x${first.join('')}${'0000'.repeat(missing)}${last.join('')}`);
}

/** Groups of four hex digits each; the last may be an embedded IPv4 address. */
function groupsOf(text: string, isEnd: boolean): string[] | undefined {
  const groups: string[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (isEnd && i === parts.length - 1 && part.includes('.')) {
      const value = parseV4(part);
      if (value === undefined) return undefined;
      const hex = value.toString(16).padStart(8, '0');
      groups.push(hex.slice(0, 4), hex.slice(4));
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(part.padStart(4, '0'));
    else return undefined;
  }
  return groups;
}

function formatV6(value: bigint): string {
  const parts = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  return new ipaddr.IPv6(parts).toRFC5952String();
}

function embedsV4(value: bigint): boolean {
  const high = value >> 32n;
  return high === NAT64_HIGH || high === MAPPED_HIGH;
}

function rangeOf(address: Address, length: number): AddressRange {
  if (address.family === 4) {
    const size = 2 ** (32 - length);
    const first = Math.floor(address.value / size) * size;
    return { family: 4, first, last: first + size - 1 };
  }
  const hostMask = ALL_V6 >> BigInt(length);
  const first = address.value & (ALL_V6 ^ hostMask);
  return { family: 6, first, last: first | hostMask };
}
