import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { indexOwners, rangesOfTeams } from '../../src/attribution/owners.js';
import { buildFlowWorld, SHAPES, type ShapeName, writeFlowWorld } from '../fixtures/flow-world.js';

// Of a team that prefixes alone make, only the clients within them are named. It is held to what the team has among all.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-team-test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const WINDOW = 'since=2026-11-21T08:10:00Z..2026-11-21T10:50:00Z';

describe.each(Object.keys(SHAPES) as ShapeName[])('a team alone, of the shape %s', (shape) => {
  it('has what it has among all, whoever was asked for before', async () => {
    const world = buildFlowWorld(shape, 'team');
    const files = await writeFlowWorld(world, join(root, shape));
    const sources = { flowLogs: files.flowLogsDir, owners: files.ownersFile };
    const [all, few] = [
      await openEngine(sources, { elapsedMs: () => 0 }),
      await openEngine(sources, { elapsedMs: () => 0 }),
    ];
    try {
      const { rows } = await all.ask({ text: `${WINDOW} by=team top=100`, nowMs: world.nowMs });
      expect(rows.length).toBeGreaterThan(0);
      // Of several rows the cents are shared out.
      for (const { key, usd: _, ...row } of rows) {
        const text = `${WINDOW} team=${String(key.team ?? 'unattributed').toUpperCase()}`;
        const { total } = await few.ask({ text, nowMs: world.nowMs });
        expect(total, text).toMatchObject(row);
      }
      const again = await few.ask({ text: `${WINDOW} by=team top=100`, nowMs: world.nowMs });
      expect(again.rows).toEqual(rows);
    } finally {
      await Promise.all([all.close(), few.close()]);
    }
  });
});

describe('the ranges of teams', () => {
  const entry = { env: undefined, channel: undefined, labels: new Map(), vpcs: [], accounts: [], tags: new Map() };
  const range = { family: 4, first: 1, last: 9 } as const;
  const owners = (...more: object[]) =>
    indexOwners({
      owners: more.map((one) => ({ ...entry, team: 'orders', prefixes: [range], ...one })),
      remotes: [],
      notes: [],
    });

  it('are those of all entries of the teams, whatever the case', () => {
    expect(rangesOfTeams(owners({}, { team: 'web' }, { team: 'Orders' }), ['ORDERS'])).toEqual([range, range]);
  });

  it.each([
    ['a tag', { tags: new Map([['team', 'orders']]) }],
    ['a VPC', { vpcs: ['vpc-1'] }],
    ['an account', { accounts: ['111122223333'] }],
    ['an IPv6 prefix', { prefixes: [{ family: 6, first: 1n, last: 2n }] }],
    ['another team', { team: 'web' }],
  ])('are not known where %s makes somebody of them, or nobody does', (_, one) => {
    expect(rangesOfTeams(owners({ team: 'else' }, one), ['orders'])).toBeUndefined();
  });

  it('are not known where the value of a tag is the team', () => {
    const tagKeys = { team: ['team'], env: [], channel: [], labels: new Map() };
    const made = indexOwners({
      owners: [{ ...entry, team: 'orders', prefixes: [range] }],
      remotes: [],
      notes: [],
      tagKeys,
    });
    expect(rangesOfTeams(made, ['orders'])).toBeUndefined();
  });
});
