import { loadOwners, NO_OWNERS, type Owners } from '../../attribution/owners.js';
import { loadRemoteTables } from '../../attribution/ranges.js';
import { objectOf, textOf, timeOf } from '../alerts/fields.js';
import type { Reading, RemoteLookup } from '../sources.js';
import { absent, attempt, isFile, readJson } from './files.js';

/** Where the tables are; undefined where there is none. */
export interface NameFiles {
  readonly owners: string | undefined;
  readonly ipRanges: string | undefined;
  readonly asn: string | undefined;
}

/** owners.yaml as a source; `why` where there is none. */
export async function readOwnersAt(path: string | undefined, why: string): Promise<Reading<Owners>> {
  if (path === undefined || !(await isFile(path))) return absent(why);
  return attempt(() => loadOwners(path));
}

/** The tables that name remotes. A file that is not there has netcost's own table in its place. */
export async function readRemotesAt({ owners, ipRanges, asn }: NameFiles): Promise<Reading<RemoteLookup>> {
  const read = await readOwnersAt(owners, '');
  const remotes = (read.state === 'read' ? read.value : NO_OWNERS).remotes;
  const hasRangesFile = ipRanges !== undefined && (await isFile(ipRanges));
  const hasAsTable = asn !== undefined && (await isFile(asn));
  const asTable = hasAsTable ? asn : undefined;
  return attempt(async () => {
    const own = await loadRemoteTables({ remotes, asn: asTable });
    if (!hasRangesFile) return { tables: own, newer: undefined, rangesMadeAtMs: undefined, hasRangesFile, hasAsTable };
    const tables = await loadRemoteTables({ remotes, asn: asTable, ipRanges });
    const made = textOf(objectOf(await readJson(ipRanges)), 'createDate');
    // AWS writes "2026-08-22-15-17-05".
    const iso = /^(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)$/.exec(made ?? '');
    const rangesMadeAtMs = iso ? Date.parse(`${iso[1]}T${iso[2]}:${iso[3]}:${iso[4]}Z`) : timeOf(made);
    return { tables, newer: own, rangesMadeAtMs, hasRangesFile, hasAsTable };
  });
}
