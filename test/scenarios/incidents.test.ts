import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFlowFolder } from '../../src/triage/bundle/flow-folder.js';
import { openBundle } from '../../src/triage/bundle/read-bundle.js';
import { diagnose } from '../../src/triage/diagnose.js';
import type { Diagnosis } from '../../src/triage/report.js';
import { HOUR, type World, writeWorld } from './incident-world.js';
import { deploy, INCIDENTS } from './incidents.js';

const root = mkdtempSync(join(tmpdir(), 'netcost-incidents-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
function folderOf(world: World): string {
  count += 1;
  const dir = join(root, String(count));
  writeWorld(world, dir);
  return dir;
}

async function reportOf(dir: string): Promise<Diagnosis> {
  const sources = await openBundle(dir, (folder, inventory) => readFlowFolder(folder, inventory, () => 0));
  return (await diagnose(sources, () => 0)).report;
}

/** What every report must hold to, whatever it says. */
function expectHonest(report: Diagnosis): void {
  const ids = new Set(report.evidence.map((one) => one.id));
  for (const cause of report.causes) {
    expect(cause.evidence.length).toBeGreaterThan(0);
    for (const id of [...cause.evidence, ...(cause.trigger ? [cause.trigger.evidence] : [])]) expect(ids).toContain(id);
    if (cause.share !== null) expect(cause.share).toBeLessThanOrEqual(1);
    const hasNone = cause.fixes.some((fix) => fix.id === 'none');
    expect(hasNone && cause.fixes.length > 1).toBe(false);
  }
  const shares = report.causes.flatMap((cause) => cause.share ?? []);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(1.05);
  expect([...shares].sort((a, b) => b - a)).toEqual(shares);
}

describe.each(Object.entries(INCIDENTS))('%s', (_, make) => {
  it('is diagnosed, with its fix, its trigger and the onset', async () => {
    const { world, expected } = make({});
    const report = await reportOf(folderOf(world));
    expectHonest(report);
    const [top] = report.causes;
    expect(top?.id).toBe(expected.cause);
    expect(top?.fixes.map((fix) => fix.id)).toContain(expected.fix);
    expect(top?.trigger?.events ?? []).toEqual(expected.trigger ? expect.arrayContaining([expected.trigger]) : []);
    expect(report.security).toBe(expected.isSecurity === true);
    if (expected.hasShare) expect(top?.share).toBeGreaterThan(0.85);
    else expect(top?.share).toBeNull();
    if (expected.cause !== 'not-nat') {
      expect(Date.parse(report.onset?.earliest ?? '')).toBeLessThanOrEqual(world.onsetMs + HOUR);
      expect(Date.parse(report.onset?.latest ?? '')).toBeGreaterThanOrEqual(world.onsetMs - HOUR);
    }
  });

  it('is the same with other ids, at another time, ten times as big', async () => {
    const { world, expected } = make({ seed: 2, shiftMs: -(9 * 24 + 7) * HOUR, scale: 10 });
    const report = await reportOf(folderOf(world));
    expect(report.causes[0]?.id).toBe(expected.cause);
  });
});

/** Incidents of bytes of different kinds, for changes that cost time. */
const SOME = [
  'a service reads a bucket of its Region',
  'tasks crash and pull their image again',
  'a log level goes up',
  'a host uploads to where nobody named',
] as const;

describe('what must not change a diagnosis', () => {
  it.each(SOME)('%s: deployments of others', async (name) => {
    const { world, expected } = (INCIDENTS[name] as (typeof INCIDENTS)[string])({ seed: 4 });
    const noise = Array.from({ length: 60 }, (_, index) =>
      deploy(world.onsetMs - (index - 20) * 7 * 60_000, 'search', `unrelated-${index % 5}`),
    );
    const report = await reportOf(folderOf({ ...world, events: [...world.events, ...noise] }));
    expect(report.causes[0]?.id).toBe(expected.cause);
    expect(report.causes[0]?.trigger?.principal ?? '').not.toContain('search-deploy');
  });

  it.each(SOME)('%s: any one source gone gives the same cause or an explicit downgrade, and a gap', async (name) => {
    const { world, expected } = (INCIDENTS[name] as (typeof INCIDENTS)[string])({ seed: 5 });
    const whole = folderOf(world);
    const gone: readonly (readonly [string, string, RegExp])[] = [
      ['cloudwatch', 'cloudwatch', /CloudWatch/],
      ['cloudtrail', 'cloudtrail', /CloudTrail/],
      ['ec2', 'ec2', /EC2/],
      ['ecr', 'ecr', /ECR/],
      ['cost-explorer', 'cost-explorer', /Cost Explorer/],
      ['flow-logs', 'flow-logs', /flow logs/i],
    ];
    for (const [key, path, gap] of gone) {
      count += 1;
      const dir = join(root, String(count));
      cpSync(whole, dir, { recursive: true });
      // Every other source is absent; the rest fails with an error.
      if (count % 2 === 0) rmSync(join(dir, path), { recursive: true });
      else writeFileSync(join(dir, 'errors.json'), JSON.stringify({ [key]: 'AccessDeniedException: not authorized' }));
      const report = await reportOf(dir);
      expectHonest(report);
      const allowed =
        expected.cause === 'image-pull-loop'
          ? [expected.cause, 's3-same-region', 'unknown']
          : [expected.cause, 'unknown'];
      expect(allowed, `${key} gone`).toContain(report.causes[0]?.id);
      expect(report.gaps.join('\n')).toMatch(gap);
      expect(
        report.evidence.filter((one) => one.source === key && (one.status === 'found' || one.status === 'none')),
      ).toEqual([]);
      if (key === 'flow-logs') expect(report.causes[0]?.confidence).not.toBe('high');
    }
  });
});
