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
  let get: (address: string) => AsnRecord | null;
  let kind: string;
  try {
    const reader = await open(path);
    get = (address) => reader.get(address) as AsnRecord | null;
    kind = reader.metadata.databaseType;
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
  const lookup = (address: string): AutonomousSystem | undefined => {
    const record = get(address);
    if (record === null) return undefined;
    const asn = record.autonomous_system_number ?? Number(String(record.asn ?? '').replace(/^AS/i, ''));
    if (!Number.isInteger(asn) || asn <= 0) return undefined;
    const organisation = record.autonomous_system_organization ?? record.as_name ?? record.name ?? '';
    const system = known.get(`${asn} ${organisation}`) ?? { asn, organisation };
    known.set(`${asn} ${organisation}`, system);
    return system;
  };
  return {
    lookup,
    lookupV4: (value) => lookup(formatAddress({ family: 4, value })),
    lookupV6: (value) => lookup(formatAddress({ family: 6, value })),
  };
}
