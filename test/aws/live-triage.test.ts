import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AwsAccount } from '../../src/aws/access.js';
import { parseAlert } from '../../src/triage/alerts/parse-alert.js';
import { readFlowFolder } from '../../src/triage/bundle/flow-folder.js';
import { openBundle } from '../../src/triage/bundle/read-bundle.js';
import { diagnose } from '../../src/triage/diagnose.js';
import type { DiagnosisSubject, EvidenceArrival, LiveDiagnosed } from '../../src/triage/live.js';
import { natOf, type World, writeWorld } from '../scenarios/incident-world.js';
import { INCIDENTS } from '../scenarios/incidents.js';
import { type FakeAws, type Fault, type FaultRule, type Service, startFakeAws } from './fake-aws.js';
import { localOf, NOTHING_LOCAL, OWN, openTriage, other } from './live-world.js';

const MINUTE = 60_000;
const root = mkdtempSync(join(tmpdir(), 'netcost-live-'));
const incident = INCIDENTS['a service reads a bucket of its Region'];
if (incident === undefined) throw new Error('the incident has another name');
const quiet = incident({}).world;
/** An account in which Terraform makes two changes a second: what LookupEvents has to be searched through. */
const world: World = {
  ...quiet,
  events: [
    ...quiet.events,
    ...Array.from({ length: 1_500 }, (_, index) => ({
      atMs: quiet.onsetMs - 6 * MINUTE - index * 500,
      source: 'ssm.amazonaws.com',
      name: `PutParameter${index % 7}`,
      principal: 'arn:aws:sts::111122223333:assumed-role/terraform/run',
      request: { name: `/app/${index}` },
      resources: [],
    })),
  ],
};
const dir = join(root, 'world');
let aws: FakeAws;
let local: Awaited<ReturnType<typeof localOf>>;

beforeAll(async () => {
  writeWorld(world, dir);
  local = await localOf(dir);
  aws = await startFakeAws({ '111122223333 us-east-1': dir });
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
}, 60_000);
afterEach(() => {
  aws.faults = [];
  aws.requests.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  local.close();
  await aws.stop();
  rmSync(root, { recursive: true, force: true });
});

async function replay(folder: string) {
  const sources = await openBundle(folder, (logs, inventory) => readFlowFolder(logs, inventory, () => 0));
  return (await diagnose(sources, () => 0)).report;
}

function alertOfWorld(): DiagnosisSubject {
  const payload = readFileSync(join(dir, 'alert.json'), 'utf8');
  const arrival = parseAlert(payload);
  if (arrival.what !== 'alert') throw new Error('no alert');
  return { kind: 'alert', alert: arrival.alert, payload };
}

interface Turns {
  readonly accounts?: readonly AwsAccount[];
  readonly subject?: DiagnosisSubject;
  readonly local?: Parameters<typeof openTriage>[0];
  readonly signal?: AbortSignal;
  readonly trailGapMs?: number;
  readonly onEvidence?: (arrival: EvidenceArrival) => void;
}

async function diagnoseLive(turns: Turns = {}): Promise<LiveDiagnosed> {
  const { access, triage } = openTriage(turns.local ?? local, turns.accounts, turns.trailGapMs);
  try {
    return await triage.diagnose({
      subject: turns.subject ?? alertOfWorld(),
      nowMs: world.endMs,
      signal: turns.signal ?? new AbortController().signal,
      ...(turns.onEvidence ? { onEvidence: turns.onEvidence } : {}),
    });
  } finally {
    access.close();
  }
}

describe('a live diagnosis', () => {
  it('finds what the recorded evidence tells within a minute, and replays to the same report from what it saved', async () => {
    const arrivals: string[] = [];
    const startedMs = performance.now();
    const live = await diagnoseLive({ onEvidence: ({ source, state }) => arrivals.push(`${source} ${state}`) });
    expect(performance.now() - startedMs).toBeLessThan(60_000);
    const recorded = await replay(dir);
    expect(live.report.causes[0]).toMatchObject({ id: 's3-same-region' });
    expect(live.report.causes[0]?.trigger?.events).toEqual(['UpdateService']);
    expect(live.report.causes[0]?.share).toBeCloseTo(recorded.causes[0]?.share ?? 0, 2);
    expect(live.report.causes[0]?.fixes).toEqual(recorded.causes[0]?.fixes);
    expect(arrivals.sort()).toEqual(
      ['cloudtrail', 'cloudwatch', 'cost-explorer', 'ec2', 'ecr', 'flow-logs', 'ip-ranges', 'owners'].map(
        (source) => `${source} read`,
      ),
    );
    // 20 pages of what was changed around the onset, and each call that can change a path by its name.
    const searched = live.report.evidence.find(({ source }) => source === 'cloudtrail')?.asked ?? '';
    expect(searched).toContain('pages; by name since');
    expect(searched).toContain('DeleteVpcEndpoints');
    expect(live.report.gaps.join()).toContain('the pages ran out');
    expect(Number(live.calls.usd)).toBeGreaterThan(0.01);
    expect(Number(live.calls.usd)).toBeLessThan(0.05);
    expect(live.calls.requests).toBe(aws.requests.length);

    const saved = join(root, 'saved');
    await live.save(saved);
    expect({ ...(await replay(saved)), tookMs: 0 }).toEqual({ ...live.report, tookMs: 0 });
    const texts = readdirSync(saved, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
    expect(texts).toContain('UpdateService');
    expect(texts).not.toContain('ASIAEXAMPLE');
    expect(texts).not.toContain('203.0.113.9"');
  }, 120_000);

  it('takes a gateway by its id, refuses one that nobody has, and stops where it is told to', async () => {
    const subject = { kind: 'nat', natGatewayIds: [natOf(world, 0)] } as const;
    const stop = new AbortController();
    const asked = diagnoseLive({
      subject,
      signal: stop.signal,
      onEvidence: ({ source }) => source === 'ec2' && stop.abort(),
    });
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    const nobody = diagnoseLive({ subject: { kind: 'nat', natGatewayIds: ['nat-0123456789abcdef0'] } });
    await expect(nobody).rejects.toMatchObject({
      code: 'input',
      message: 'No account that is read has nat-0123456789abcdef0.',
    });
  }, 60_000);
});

describe('a diagnosis with faults', () => {
  const trailGapMs = 1;
  beforeAll(() => {
    aws.isTrailLimited = false;
  });
  const WORDS: readonly (readonly [Service, string])[] = [
    ['monitoring', 'CloudWatch'],
    ['cloudtrail', 'CloudTrail'],
    ['ec2', 'EC2'],
    ['ecr', 'ECR'],
    ['ce', 'Cost Explorer'],
  ];
  const FAULTS: readonly Fault[] = ['denied', 'throttled', 'expired', 'reset', 'broken'];

  it.each(WORDS)(
    'of %s ends in a report that names it, and claims nothing of it',
    async (service, word) => {
      for (const fault of FAULTS) {
        aws.faults = [{ service, fault }];
        const { report } = await diagnoseLive({ trailGapMs });
        const said = report.gaps.filter((gap) => gap.startsWith(word));
        expect(said.join(), `${service} ${fault}`).toMatch(/could not be read/);
        for (const one of report.evidence.filter(({ status }) => status === 'none'))
          expect(one.source, `${service} ${fault}`).not.toBe(
            report.evidence.find((e) => e.status === 'failed')?.source,
          );
        expect(report.causes.length).toBeGreaterThan(0);
      }
    },
    300_000,
  );

  it('of everything at once, with nothing of its own, still says so', async () => {
    aws.faults = WORDS.map(([service]): FaultRule => ({ service, fault: 'denied' }));
    const live = await diagnoseLive({ local: NOTHING_LOCAL, trailGapMs });
    expect(live.report.causes).toMatchObject([{ id: 'unknown' }]);
    for (const [, word] of WORDS) expect(live.report.gaps.join('\n')).toContain(word);
    expect(live.report.gaps.join('\n')).toContain('flow logs: not available (no flow log is read)');
  }, 60_000);

  it('of a service that never answers ends within a minute', async () => {
    aws.faults = [{ service: 'monitoring', fault: 'hang' }];
    const startedMs = performance.now();
    const { report } = await diagnoseLive({ trailGapMs });
    expect(performance.now() - startedMs).toBeLessThan(60_000);
    expect(report.gaps.join()).toMatch(/CloudWatch[^.]*could not be read \(AWS did not answer cloudwatch:/);
  }, 90_000);

  it('of half of the accounts names them, and says nothing about their VPCs', async () => {
    const accounts = [OWN, other('222233334444'), other('333344445555'), other('444455556666')];
    aws.faults = [
      { service: 'ec2', accountId: '333344445555', fault: 'denied' },
      { service: 'cloudtrail', accountId: '333344445555', fault: 'denied' },
      { service: 'ec2', accountId: '444455556666', fault: 'expired' },
      { service: 'cloudtrail', accountId: '444455556666', fault: 'throttled' },
    ];
    const live = await diagnoseLive({ accounts, trailGapMs });
    const gaps = live.report.gaps.join('\n');
    expect(live.report.causes[0]?.id).toBe('s3-same-region');
    for (const account of ['333344445555', '444455556666']) {
      expect(gaps).toMatch(new RegExp(`EC2 inventory: account ${account} in us-east-1 could not be read`));
      expect(gaps).toMatch(new RegExp(`CloudTrail: account ${account} in us-east-1 could not be searched`));
    }
    expect(gaps).not.toContain('222233334444');
    const saved = join(root, 'half');
    await live.save(saved);
    expect({ ...(await replay(saved)), tookMs: 0 }).toEqual({ ...live.report, tookMs: 0 });
  }, 120_000);
});
