import { open } from 'maxmind';
import { NetcostError } from '../errors.js';
import { formatAddress } from './addresses.js';
import type { AsnTable, AutonomousSystem } from './asn.js';

/** What databases of autonomous systems hold (GeoLite2-ASN; others name the same fields otherwise). */
interface AsnRecord {
  readonly autonomous_system_number?: number;
  readonly autonomous_system_organization?: string;
  readonly asn?: number | string;
  readonly as_name?: string;
  readonly name?: string;
}

/**
 * Opens a database of autonomous systems in the format of MaxMind (.mmdb): GeoLite2-ASN, IPinfo, DB-IP, iptoasn.
 * @throws NetcostError 'input' where the file cannot be read, is no such database or is one of something else.
 */
export async function loadAsnDatabase(path: string): Promise<AsnTable> {
  let get: (address: string) => readonly [AsnRecord | null, number];
  let kind: string;
  let hasV6: boolean;
  try {
    const reader = await open(path);
    get = (address) => reader.getWithPrefixLength(address) as [AsnRecord | null, number];
    kind = reader.metadata.databaseType;
    hasV6 = reader.metadata.ipVersion === 6;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new NetcostError('input', `The AS database ${path} cannot be read${code ? ` (${code})` : ''}.`, {
      cause,
      hint: 'It is a .mmdb file with autonomous systems, such as GeoLite2-ASN.mmdb.',
    });
  }
  if (/city|country|anonymous|connection|domain/i.test(kind) && !/asn|isp/i.test(kind)) {
    throw new NetcostError('input', `The database ${path} is ${kind}, which holds no autonomous systems.`, {
      hint: 'Give one such as GeoLite2-ASN.mmdb.',
    });
  }
  // Answers of one system are one object, as in a table.
  const known = new Map<string, AutonomousSystem>();
  const systemOf = (record: AsnRecord | null): AutonomousSystem | undefined => {
    if (record === null) return undefined;
    const asn = record.autonomous_system_number ?? Number(String(record.asn ?? '').replace(/^AS/i, ''));
    if (!Number.isInteger(asn) || asn <= 0) return undefined;
    const organisation = record.autonomous_system_organization ?? record.as_name ?? record.name ?? '';
    const system = known.get(`${asn} ${organisation}`) ?? { asn, organisation };
    known.set(`${asn} ${organisation}`, system);
    return system;
  };
  // A database of IPv4 alone would read the first bits of an IPv6 address as one.
  const lookup = (address: string) => (hasV6 || !address.includes(':') ? systemOf(get(address)[0]) : undefined);
  return {
    lookup,
    lookupV4: (value) => lookup(formatAddress({ family: 4, value })),
    lookupV6: (value) => lookup(formatAddress({ family: 6, value })),
    // A database has no list of its prefixes, but it tells how long each answer holds.
    rangesV4: () => {
      const ranges: { from: number; to: number; value: AutonomousSystem }[] = [];
      for (let from = 0; from < 2 ** 32; ) {
        const [record, length] = get(formatAddress({ family: 4, value: from }));
        const next = from + 2 ** (32 - length);
        const value = systemOf(record);
        if (value) ranges.push({ from, to: next - 1, value });
        from = next;
      }
      return ranges;
    },
    rangesV6: () => {
      const ranges: { from: bigint; to: bigint; value: AutonomousSystem }[] = [];
      // 2000::/3, the only part of IPv6 that is announced (IANA, global unicast).
      for (let from = 1n << 125n; hasV6 && from < 1n << 126n; ) {
        const [record, length] = get(formatAddress({ family: 6, value: from }));
        const next = from + (1n << BigInt(128 - length));
        const value = systemOf(record);
        if (value) ranges.push({ from, to: next - 1n, value });
        from = next;
      }
      return ranges;
    },
  };
}
