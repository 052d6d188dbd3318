import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ingestInto } from '../../src/answers/ingest-into.js';
import { openStore } from '../../src/rollups/store.js';
import { readFlowFolder } from '../../src/triage/bundle/flow-folder.js';
import { readOutsideRows } from '../../src/triage/bundle/outside-rows.js';
import { exportFlows } from '../../src/triage/flow-export.js';
import { readFlowStore } from '../../src/triage/flow-store.js';
import type { FlowReading } from '../../src/triage/sources.js';
import { writeWorld } from '../scenarios/incident-world.js';
import { INCIDENTS } from '../scenarios/incidents.js';

const root = mkdtempSync(join(tmpdir(), 'netcost-export-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const ALWAYS = { fromMs: 0, toMs: Date.parse('2100-01-01T00:00:00Z') };

/** What the diagnosis takes of a reading, in an order that does not depend on files. */
function comparable(reading: FlowReading) {
  const sorted = (sums: FlowReading['sums']) =>
    sums.map((sum) => JSON.stringify(Object.entries(sum).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();
  const clients = new Set(reading.sums.map((sum) => sum.client));
  return {
    ...reading,
    sums: sorted(reading.sums),
    outside: sorted(reading.outside),
    facts: [...reading.facts].filter(([address]) => clients.has(address)).sort(([a], [b]) => (a < b ? -1 : 1)),
    gateways: reading.gateways.map((gateway) => ({ ...gateway, addresses: [...gateway.addresses].sort() })),
  };
}

describe.each(Object.entries(INCIDENTS).slice(0, 4))('%s', (name, make) => {
  it('gives the same sums and the same coverage when what was exported is read again', async () => {
    const dir = join(root, name.replace(/\W+/g, '-'));
    writeWorld(make({}).world, dir);
    await ingestInto(join(dir, 'store'), join(dir, 'flow-logs'), undefined, { elapsedMs: () => 0 }, false);
    const store = await openStore(join(dir, 'store'), { create: false });
    const first = await readFlowStore(store, null, (gateways) => readOutsideRows(join(dir, 'flow-logs'), gateways));
    const files = await exportFlows(store, first, ALWAYS);
    store.close();
    const copy = join(dir, 'copy');
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), bytes);
    }
    const again = await readFlowFolder(join(copy, 'flow-logs'), null, () => 0);
    expect(first.sums.length).toBeGreaterThan(0);
    expect(comparable(again)).toEqual(comparable(first));
  });
});
