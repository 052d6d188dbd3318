import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../answers/open-engine.js';
import { indexOwners } from '../attribution/owners.js';
import { parseOwners } from '../attribution/owners-file.js';
import type { LocalEvidence } from '../aws/live-evidence.js';
import type { Config } from '../config.js';
import { absent, attempt, isFile } from '../triage/bundle/files.js';
import { readOutsideRows } from '../triage/bundle/outside-rows.js';
import { readRemotesAt } from '../triage/bundle/read-names.js';
import { ownersYaml } from '../triage/bundle/write-owners.js';
import { exportFlows } from '../triage/flow-export.js';
import { readFlowStore } from '../triage/flow-store.js';

/**
 * What a live diagnosis takes from this machine: the store's flow logs, the owners that answers use too, and the
 * tables that name remotes.
 */
export function localEvidence(engine: Pick<Engine, 'store' | 'naming'>, data: Config['data']): LocalEvidence {
  const { store } = engine;
  const yaml = () => ownersYaml(engine.naming.owners);
  const hasOwners = () => engine.naming.owners.entries.length > 0 || engine.naming.owners.remotes.length > 0;
  return {
    flows: async (window) => {
      if ((await store.snapshot()).segments.length === 0) return absent('no flow log was brought in');
      return attempt(() =>
        readFlowStore(store, window, async (gateways) =>
          data.flowLogs === undefined ? [] : readOutsideRows(data.flowLogs, gateways),
        ),
      );
    },
    flowFiles: (reading, window) => exportFlows(store, reading, window),
    owners: async () => {
      if (!hasOwners()) return absent('no owners are known');
      return attempt(async () => indexOwners(parseOwners(yaml())));
    },
    remotes: async () => {
      // The bundle's reader takes files, so what is known now becomes one for as long as it reads.
      const dir = await mkdtemp(join(tmpdir(), 'netcost-names-'));
      try {
        await writeFile(join(dir, 'owners.yaml'), yaml());
        return await readRemotesAt({ owners: join(dir, 'owners.yaml'), ipRanges: data.ipRanges, asn: data.asn });
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    nameFiles: async () => {
      const files: Record<string, Uint8Array> = hasOwners() ? { 'owners.yaml': Buffer.from(yaml()) } : {};
      for (const [name, path] of [
        ['ip-ranges.json', data.ipRanges],
        ['asn.csv', data.asn],
      ] as const)
        if (path !== undefined && (await isFile(path))) files[name] = await readFile(path);
      return files;
    },
  };
}
