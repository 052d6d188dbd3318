import { indexOwners, NO_OWNERS } from '../attribution/owners.js';
import { readOwnersFile } from '../attribution/owners-file.js';
import { loadRemoteTables } from '../attribution/ranges.js';
import type { Naming } from '../query/names.js';
import type { CopySources } from './copy-sources.js';

export interface NamingFiles {
  readonly owners?: string | undefined;
  readonly ipRanges?: string | undefined;
  readonly asn?: string | undefined;
  readonly copies?: CopySources | undefined;
}

/**
 * What gives addresses their names: owners.yaml first, then NetBox, then accounts; published ranges, the file before
 * the copy before the bundled ones. A source without a copy is told of in `copies`, and never an error.
 * @throws NetcostError 'input' or 'config' where a file that was named cannot be read.
 */
export async function loadNaming(files: NamingFiles): Promise<Naming> {
  const { copies, ipRanges, asn } = files;
  const file = files.owners === undefined ? { owners: [], remotes: [], notes: [] } : await readOwnersFile(files.owners);
  if (copies === undefined) {
    const owners = files.owners === undefined ? NO_OWNERS : indexOwners(file);
    return { owners, remotes: await loadRemoteTables({ remotes: owners.remotes, ipRanges, asn }) };
  }
  // Its schemas take longer to make than all else here.
  const { loadWithCopies } = await import('./load-copies.js');
  return loadWithCopies(file, copies, { ipRanges, asn });
}
