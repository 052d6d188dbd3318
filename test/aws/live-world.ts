import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestInto } from '../../src/answers/ingest-into.js';
import { type AwsAccount, openAwsAccess } from '../../src/aws/access.js';
import type { LocalEvidence } from '../../src/aws/live-evidence.js';
import { openLiveTriage } from '../../src/aws/live-triage.js';
import { openStore, type Store } from '../../src/rollups/store.js';
import { absent } from '../../src/triage/bundle/files.js';
import { readOwnersAt, readRemotesAt } from '../../src/triage/bundle/read-names.js';
import { exportFlows } from '../../src/triage/flow-export.js';
import { readFlowStore } from '../../src/triage/flow-store.js';

export const OWN: AwsAccount = {
  accountId: '111122223333',
  roleArn: undefined,
  externalId: undefined,
  regions: ['us-east-1'],
};

export const other = (accountId: string, regions = ['us-east-1']): AwsAccount => ({
  accountId,
  roleArn: `arn:aws:iam::${accountId}:role/netcost-read`,
  externalId: undefined,
  regions,
});

/** Flow logs and names of a bundle folder, as the bot would have them in its store and its files. */
export async function localOf(dir: string): Promise<LocalEvidence & { readonly close: () => void }> {
  const place = join(dir, '.store');
  mkdirSync(place, { recursive: true });
  await ingestInto(place, join(dir, 'flow-logs'), undefined, { elapsedMs: () => performance.now() }, false);
  const store: Store = await openStore(place, { create: false });
  const files = { owners: join(dir, 'owners.yaml'), ipRanges: join(dir, 'ip-ranges.json'), asn: join(dir, 'asn.csv') };
  return {
    flows: async (window) => ({ state: 'read', value: await readFlowStore(store, window, async () => []) }),
    flowFiles: (reading, window) => exportFlows(store, reading, window),
    owners: () => readOwnersAt(files.owners, 'no data.owners'),
    remotes: () => readRemotesAt(files),
    nameFiles: async () => ({
      'owners.yaml': await readFile(files.owners),
      'ip-ranges.json': await readFile(files.ipRanges),
      'asn.csv': await readFile(files.asn),
    }),
    close: () => store.close(),
  };
}

/** Nothing but AWS: no store, no files. */
export const NOTHING_LOCAL: LocalEvidence = {
  flows: async () => absent('no flow log is read'),
  flowFiles: async () => ({}),
  owners: async () => absent('no data.owners'),
  remotes: () => readRemotesAt({ owners: undefined, ipRanges: undefined, asn: undefined }),
  nameFiles: async () => ({}),
};

/** A live triage over the AWS of AWS_ENDPOINT_URL. */
export function openTriage(local: LocalEvidence, accounts: readonly AwsAccount[] = [OWN], trailGapMs?: number) {
  const access = openAwsAccess(accounts, { maxAttempts: 2 });
  const triage = openLiveTriage({
    access,
    local,
    elapsedMs: () => performance.now(),
    lastPayload: async () => undefined,
    gatewaysOfTeam: async () => [],
    haveFlowLogsArrived: async () => false,
    ...(trailGapMs === undefined ? {} : { trailGapMs }),
  });
  return { access, triage };
}
