import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestInto } from '../../src/answers/ingest-into.js';
import { type Grain, type LegNeeds, legRelation } from '../../src/rollups/relations.js';
import { openStore } from '../../src/rollups/store.js';
import { buildFlowWorld, SHAPES, type ShapeName, writeFlowWorld } from '../fixtures/flow-world.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-legs-test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const SUMS = ['bytes', 'bytes_up', 'packets', 'flows'].map((count) => `sum(${count})::varchar`).join(', ');

describe.each(Object.keys(SHAPES) as ShapeName[])('legs of the shape %s', (shape) => {
  it('add up to the same from rows and from each kind of sums, with and without remotes and directions', async () => {
    const world = buildFlowWorld(shape, 'legs');
    const { flowLogsDir } = await writeFlowWorld(world, join(root, shape));
    const dir = join(root, shape, 'store');
    await ingestInto(dir, flowLogsDir, undefined, { elapsedMs: () => 0 }, true);
    const store = await openStore(dir, { create: false });
    try {
      const snapshot = await store.snapshot();
      expect(snapshot.settled.size).toBeGreaterThan(0);
      const days = [...snapshot.settled.keys()];
      const [first, last] = [Math.min(...days) * 1440, (Math.max(...days) + 1) * 1440];
      const middle = Math.floor(world.nowMs / 60_000) - 67;
      const read = async (stretch: { fromMinute: number; toMinute: number }, by: string, needs: LegNeeds) =>
        (
          await store.query(
            `select ${by}, ${SUMS} from ${legRelation(dir, snapshot, stretch, needs)} group by ${by} order by all`,
          )
        ).map((row) => row.join(' '));
      const everything = await read({ fromMinute: first, toMinute: last }, 'near', {
        grain: 'minute',
        byDirection: false,
        byRemote: true,
      });
      expect(everything.length).toBeGreaterThan(0);
      const clients = everything.slice(0, 2).map((row) => BigInt(row.split(' ')[0]!));
      const stretches = [
        { fromMinute: first, toMinute: last },
        { fromMinute: first + 17, toMinute: last - 31 },
        { fromMinute: middle - 95, toMinute: middle },
      ];
      for (const stretch of stretches)
        for (const among of [undefined, clients])
          for (const by of ['context, near', 'context, near, t // 60']) {
            const exact = { grain: 'minute', byDirection: false, byRemote: true, clients: among } as const;
            const wanted = await read(stretch, by, exact);
            const grains: readonly Grain[] = by.includes('60') ? ['hour'] : ['hour', 'day'];
            for (const grain of grains)
              for (const byRemote of [true, false])
                for (const byDirection of [true, false])
                  expect(
                    await read(stretch, by, { ...exact, grain, byRemote, byDirection }),
                    `${JSON.stringify(stretch)} by ${by}, ${grain}, ${byRemote}, ${byDirection}`,
                  ).toEqual(wanted);
          }
      const byUp = { grain: 'day', byDirection: true, byRemote: true } as const;
      const whole = { fromMinute: first, toMinute: last };
      expect(await read(whole, 'up, near', { ...byUp, byRemote: false })).toEqual(await read(whole, 'up, near', byUp));
    } finally {
      store.close();
    }
  });
});
