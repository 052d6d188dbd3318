import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readImages, readMetrics, readTrail, readUsage } from '../../src/triage/bundle/aws-shapes.js';
import { readInventory } from '../../src/triage/bundle/inventory-shapes.js';
import { openBundle } from '../../src/triage/bundle/read-bundle.js';
import { redact } from '../../src/triage/bundle/redact.js';
import { saveBundle } from '../../src/triage/bundle/save-bundle.js';
import { diagnose } from '../../src/triage/diagnose.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function bundle(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'netcost-bundle-'));
  folders.push(dir);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}
const ACCOUNT = JSON.stringify({ accountId: '111122223333', region: 'us-east-1', now: '2026-11-21T12:00:00Z' });
const noFlows = () => Promise.reject(new Error('not asked for'));
const open = (files: Readonly<Record<string, string>>) => openBundle(bundle(files), noFlows);

describe('reading a bundle', () => {
  it('keeps absent, failed, broken and empty apart', async () => {
    const sources = await open({
      'account.json': ACCOUNT,
      'cloudtrail/events.json': '{"Events":[]}',
      'ecr/images.json': '{"imageDetails":[',
      'cloudwatch/metrics.json': '[]',
      'errors.json': '{"cloudwatch":"ThrottlingException: Rate exceeded"}',
    });
    expect(await sources.trail()).toMatchObject({ state: 'read', value: { events: [] } });
    expect(await sources.images()).toEqual({ state: 'failed', error: 'ecr/images.json is not JSON.' });
    expect(await sources.metrics()).toEqual({ state: 'failed', error: 'ThrottlingException: Rate exceeded' });
    expect(await sources.usage()).toEqual({ state: 'absent', reason: 'the bundle has no cost-explorer/usage.json' });
    expect(await sources.flows()).toEqual({ state: 'absent', reason: 'the bundle has no flow-logs folder' });
    expect((await sources.inventory()).state).toBe('absent');
  });

  it('says in one line what is wrong with a folder', async () => {
    await expect(openBundle(join(tmpdir(), 'nowhere-at-all'), noFlows)).rejects.toMatchObject({ code: 'input' });
    await expect(open({ 'readme.txt': 'hello' })).rejects.toThrow('no evidence bundle');
    await expect(open({ 'alert.txt': 'hello' })).rejects.toThrow('does not say when');
  });

  it('names the inventory calls that are missing', async () => {
    const sources = await open({ 'account.json': ACCOUNT, 'ec2/vpcs.json': '{"Vpcs":[]}' });
    expect(await sources.inventory()).toMatchObject({
      state: 'read',
      value: { missing: expect.arrayContaining(['route-tables', 'vpc-endpoints']) },
    });
  });

  it('still gives an honest report where there is next to nothing', async () => {
    const { report } = await diagnose(
      await open({ 'account.json': ACCOUNT, 'alert.txt': 'what is going on?' }),
      () => 3,
    );
    expect(report.causes).toMatchObject([{ id: 'unknown', share: null, confidence: 'low' }]);
    expect(report.onset).toBeNull();
    for (const word of ['CloudWatch', 'CloudTrail', 'EC2', 'ECR', 'Cost Explorer', 'flow logs'])
      expect(report.gaps.join('\n')).toContain(word);
    expect(report.tookMs).toBe(3);
  });
});

describe('documents of AWS', () => {
  it('lose values that no gateway can have', () => {
    const one = {
      Namespace: 'AWS/NATGateway',
      MetricName: 'BytesOutToSource',
      Dimensions: [],
      Period: 3600,
      Stat: 'Sum',
      Timestamps: ['2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z', '2026-11-21T12:00:00Z'],
      Values: [5, -1, 1e308],
    };
    expect(readMetrics([one])[0]?.values).toEqual([5]);
  });

  it('are read whatever they hold', () => {
    const readers = [
      readMetrics,
      readTrail,
      readImages,
      readUsage,
      (value: unknown) =>
        readInventory({
          vpcs: value,
          subnets: value,
          'route-tables': value,
          'nat-gateways': value,
          'vpc-endpoints': value,
          'network-interfaces': value,
        }),
    ];
    const lists = [
      'Events',
      'Vpcs',
      'Subnets',
      'RouteTables',
      'NatGateways',
      'VpcEndpoints',
      'NetworkInterfaces',
      'imageDetails',
      'ResultsByTime',
    ];
    const shaped = fc
      .tuple(
        fc.constantFrom(...lists),
        fc.array(
          fc.dictionary(
            fc.constantFrom(
              'VpcId',
              'SubnetId',
              'Tags',
              'Routes',
              'Associations',
              'RouteTableId',
              'NatGatewayId',
              'EventTime',
              'EventName',
              'CloudTrailEvent',
              'Groups',
              'TimePeriod',
              'repositoryName',
              'imageSizeInBytes',
            ),
            fc.jsonValue(),
          ),
        ),
      )
      .map(([name, list]) => ({ [name]: list }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), shaped), fc.constantFrom(...readers), (value, read) => {
        expect(() => read(value)).not.toThrow();
      }),
      { numRuns: 400 },
    );
  });
});

describe('saving a bundle', () => {
  it('redacts secrets, key ids and people’s addresses, inside JSON texts too, and keeps the evidence', () => {
    const event = {
      EventName: 'UpdateService',
      AccessKeyId: 'ASIAVWPQMIZVK3CQT4F5',
      CloudTrailEvent: JSON.stringify({
        sourceIPAddress: '203.0.113.9',
        userIdentity: {
          accessKeyId: 'ASIAVWPQMIZVK3CQT4F5',
          principalId: 'AROAQ3E2Q5KK7BJLWFOE2:me',
          arn: 'arn:aws:sts::1:assumed-role/x/me',
        },
        requestParameters: { service: 'orders', environment: 'TOKEN=AKIAIOSFODNN7EXAMPLE' },
      }),
    };
    const text = JSON.stringify(redact(event));
    for (const secret of ['ASIA', 'AROA', 'AKIA', '203.0.113.9']) expect(text).not.toContain(secret);
    for (const kept of ['UpdateService', 'arn:aws:sts::1:assumed-role/x/me', 'orders']) expect(text).toContain(kept);
    expect(JSON.stringify(redact({ sourceIPAddress: 'autoscaling.amazonaws.com' }))).toContain(
      'autoscaling.amazonaws.com',
    );
  });

  it('writes what openBundle reads back, and nothing outside the folder', async () => {
    const dir = bundle({});
    const account = { accountId: '1', region: 'eu-west-1', nowMs: Date.parse('2026-11-21T12:00:00Z') };
    const metrics = [
      {
        Namespace: 'AWS/NATGateway',
        MetricName: 'BytesOutToSource',
        Dimensions: [{ Name: 'NatGatewayId', Value: 'nat-1' }],
        Period: 3600,
        Stat: 'Sum',
        Timestamps: ['2026-11-21T10:00:00Z'],
        Values: [5],
      },
    ];
    await saveBundle(dir, {
      account,
      alert: 'AWS Budget Notification\nBudget Name: x',
      documents: { 'cloudwatch/metrics.json': metrics, 'ecr/images.json': undefined },
      files: { 'owners.yaml': Buffer.from('owners: []\n') },
      errors: { cloudtrail: 'AccessDenied' },
    });
    const sources = await openBundle(dir, noFlows);
    expect(sources.account).toEqual(account);
    expect(sources.alert.kind).toBe('budget');
    expect(await sources.metrics()).toMatchObject({ value: [{ metric: 'BytesOutToSource', values: [5] }] });
    expect((await sources.images()).state).toBe('absent');
    expect(await sources.trail()).toEqual({ state: 'failed', error: 'AccessDenied' });
    expect(readFileSync(join(dir, 'owners.yaml'), 'utf8')).toBe('owners: []\n');
    const seen = { account, alert: undefined, documents: {}, errors: {} };
    for (const path of ['../evil', 'flow-logs/../../evil', 'truth.json']) {
      await expect(saveBundle(dir, { ...seen, files: { [path]: Buffer.from('x') } })).rejects.toThrow(
        'no file of an evidence bundle',
      );
    }
  });
});
