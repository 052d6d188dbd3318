import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNaming } from '../../src/answers/load-naming.js';
import { describeCopies } from '../../src/attribution/copy-states.js';
import { parseConfig } from '../../src/config.js';
import { copySourcesOf } from '../../src/main/copy-sources.js';
import { refreshOwnersOnce } from '../../src/main/owners.js';
import { openStore } from '../../src/rollups/store.js';

/**
 * EC2 of six Regions, as bad days have them: two answer, one denies, one has expired credentials, one throttles without
 * end, one never answers. What each does is decided by the Region that the request is signed for.
 */
type Mood = 'well' | 'denied' | 'expired' | 'throttled' | 'silent' | 'half';
const moods = new Map<string, Mood>();
let server: Server;
const folder = mkdtempSync(join(tmpdir(), 'netcost-faults-'));
const before = { ...process.env };

beforeAll(async () => {
  server = createServer(async (request, answer) => {
    const body = await textOf(request);
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const action = new URLSearchParams(body).get('Action') ?? '';
    const refuse = (status: number, code: string) => {
      answer.writeHead(status, { 'content-type': 'text/xml' });
      answer.end(
        `<Response><Errors><Error><Code>${code}</Code><Message>no ${action} today</Message></Error></Errors></Response>`,
      );
    };
    const mood = moods.get(region) ?? 'well';
    if (mood === 'silent') return;
    if (mood === 'denied') return refuse(403, 'UnauthorizedOperation');
    if (mood === 'expired') return refuse(401, 'ExpiredToken');
    if (mood === 'throttled') return refuse(503, 'RequestLimitExceeded');
    if (mood === 'half' && action === 'DescribeNetworkInterfaces') return refuse(403, 'UnauthorizedOperation');
    answer.writeHead(200, { 'content-type': 'text/xml' });
    answer.end(`<${action}Response>${ANSWERS[action]?.(region) ?? ''}</${action}Response>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  rmSync(folder, { recursive: true, force: true });
});

const ANSWERS: Readonly<Record<string, (region: string) => string>> = {
  DescribeVpcs: (region) =>
    `<vpcSet><item><vpcId>vpc-${region}</vpcId><cidrBlock>10.${octet(region)}.0.0/16</cidrBlock><ownerId>111122223333</ownerId></item></vpcSet>`,
  DescribeNetworkInterfaces: (
    region,
  ) => `<networkInterfaceSet><item><networkInterfaceId>eni-${region}</networkInterfaceId><vpcId>vpc-${region}</vpcId>
    <ownerId>111122223333</ownerId><privateIpAddress>10.${octet(region)}.0.5</privateIpAddress><interfaceType>interface</interfaceType>
    <attachment><instanceId>i-${region}</instanceId><attachTime>2026-11-01T00:00:00.000Z</attachTime></attachment>
    <tagSet><item><key>team</key><value>team-${region}</value></item></tagSet></item></networkInterfaceSet>`,
};
const REGIONS = ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2'];
const octet = (region: string) => 10 + REGIONS.indexOf(region);

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const config = parseConfig(
  `aws: { accounts: [{ id: "111122223333", regions: [${REGIONS.join(', ')}] }] }
owners: { tags: { team: [team] } }
ranges: { aws: false }
data: { copies: ${join(folder, 'copies')}, store: ${join(folder, 'store')} }`,
  'test',
);
const noon = Date.parse('2026-11-21T12:00:00Z');
const refresh = (nowMs: number) =>
  refreshOwnersOnce(config, { netboxToken: undefined }, config.data.store, { nowMs: () => nowMs, deadlineMs: 4_000 });
const workloadsKnown = async () => {
  const store = await openStore(config.data.store, { create: false });
  const { inventory } = store;
  store.close();
  return REGIONS.filter((region) => inventory.placeOf(`10.${octet(region)}.0.5`, '')?.workload === `i-${region}`);
};
const notesAt = async (nowMs: number) =>
  describeCopies((await loadNaming({ copies: copySourcesOf(config) })).copies ?? [], nowMs);

describe('a bad day of AWS', () => {
  it('keeps what came, says what is missing, and ends', async () => {
    for (const [region, mood] of [
      ['us-east-2', 'denied'],
      ['us-west-1', 'expired'],
      ['us-west-2', 'silent'],
      ['eu-west-1', 'throttled'],
    ] as const)
      moods.set(region, mood);
    const started = performance.now();
    const { done, failed } = await refresh(noon);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(done).toHaveLength(2);
    const errors = new Map(failed.map(({ name, error }) => [name.split(', ')[1], error]));
    expect([...errors.keys()].sort()).toEqual(['eu-west-1', 'us-east-2', 'us-west-1', 'us-west-2']);
    expect(errors.get('us-east-2')).toContain('AWS does not allow ec2:Describe');
    expect(errors.get('us-west-1')).toContain('AWS does not accept the credentials for ec2:Describe');
    expect(errors.get('us-west-2')).toMatch(/did not answer/);
    expect(await workloadsKnown()).toEqual(['us-east-1', 'eu-west-2']);
    const notes = await notesAt(noon);
    expect(notes).toHaveLength(4);
    expect(notes[0]).toMatch(
      /^EC2 of account 111122223333, us-east-2 could not be read, and there is no copy \(AWS does not allow/,
    );
    expect(notes[3]).toBe('The same of 1 more: EC2 of account 111122223333, eu-west-1.');
  });

  it('takes what an account that fails told before, and says how old that is', async () => {
    moods.clear();
    for (const region of REGIONS.slice(0, 3)) moods.set(region, 'denied');
    moods.set('eu-west-2', 'half');
    await refresh(noon + 3_600_000);
    // us-east-1 fails now and is known from an hour ago; us-west-2 and eu-west-1 are well again.
    expect(await workloadsKnown()).toEqual(['us-east-1', 'us-west-2', 'eu-west-1', 'eu-west-2']);
    const notes = await notesAt(noon + 3 * 3_600_000);
    expect(notes).toContainEqual(
      expect.stringMatching(
        /^EC2 of account 111122223333, us-east-1 does not answer \(AWS does not allow ec2:\w+ in account 111122223333, us-east-1: .*\): its copy is of 2026-11-21T12:00:00Z, 3 hours old\.$/,
      ),
    );
    expect(notes).toContainEqual(
      expect.stringContaining('A part of EC2 of account 111122223333, eu-west-2 is missing (AWS does not allow'),
    );
  });
});
