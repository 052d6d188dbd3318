import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadNaming } from '../../src/answers/load-naming.js';
import { indexInventory } from '../../src/attribution/inventory.js';
import { listNetbox } from '../../src/attribution/netbox.js';
import { joinPlaceCopies, renewPlace } from '../../src/attribution/place-copies.js';
import { resolveRemote } from '../../src/attribution/ranges.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { readIpamHistory, readIpamScope } from '../../src/aws/ipam.js';
import { parseConfig } from '../../src/config.js';
import { copySourcesOf } from '../../src/main/copy-sources.js';
import { refreshRangesNow } from '../../src/main/owners.js';
import { smallMmdb } from '../fixtures/small-mmdb.js';

/** Whatever a test wants to be answered next, by path. */
const answers = new Map<string, { status?: number; body: string; headers?: Record<string, string> }>();
let server: Server;
let base: string;
const folder = mkdtempSync(join(tmpdir(), 'netcost-refresh-'));
const env = { ...process.env };
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = new URLSearchParams(Buffer.concat(chunks).toString()).get('Action');
      const {
        status = 200,
        body,
        headers = {},
      } = answers.get(action ?? request.url ?? '') ?? { status: 404, body: '' };
      response.writeHead(status, headers);
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, { AWS_ENDPOINT_URL: base, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
    if (env[name] === undefined) delete process.env[name];
    else process.env[name] = env[name];
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('published ranges', () => {
  const noon = Date.parse('2026-11-21T12:00:00Z');
  const config = () =>
    parseConfig(
      `ranges: { aws: "${base}/aws", providers: { github: "${base}/github" } }
data: { copies: ${join(folder, 'ranges')} }`,
      'test',
    );
  const refresh = () => refreshRangesNow({ config: config(), nowMs: () => noon, reload: async () => {} });
  const remoteOf = async (address: string) => {
    const { remotes } = await loadNaming({ copies: copySourcesOf(config()) });
    return { ...resolveRemote(remotes, address, null), source: remotes.awsSource };
  };

  it('are fetched, kept, and used in the place of the bundled ones; a later failure changes nothing', async () => {
    expect((await remoteOf('52.216.58.42')).source).toMatch(/bundled$/);
    answers.set('/aws', {
      body: JSON.stringify({
        createDate: '2026-11-20-10-00-00',
        prefixes: [{ ip_prefix: '52.216.0.0/15', service: 'S3', region: 'mars-north-1' }],
        ipv6_prefixes: [{ ipv6_prefix: '2001:db8::/32', service: 'S3', region: 'mars-north-1' }],
      }),
    });
    answers.set('/github', { body: '198.51.100.0/24\nnonsense\n' });
    expect((await refresh()).failed).toEqual([]);
    expect(await remoteOf('52.216.58.42')).toMatchObject({
      service: 'S3',
      region: 'mars-north-1',
      source: 'AWS ip-ranges of 2026-11-20, fetched',
    });
    expect((await remoteOf('2001:db8::1')).service).toBe('S3');
    expect((await remoteOf('198.51.100.7')).provider).toBe('github');
    answers.set('/aws', { body: '<html>captive portal</html>' });
    answers.set('/github', { status: 500, body: '' });
    const { failed } = await refresh();
    expect(failed.map(({ error }) => error)).toEqual([
      `The AWS ranges ${base}/aws are no JSON.`,
      `${base}/github answered 500.`,
    ]);
    expect((await remoteOf('52.216.58.42')).region).toBe('mars-north-1');
    expect((await remoteOf('198.51.100.7')).provider).toBe('github');
  });

  it('without a date or a prefix are no newer table', async () => {
    answers.set('/aws', { body: JSON.stringify({ createDate: '2026-11-21', prefixes: [] }) });
    expect((await refresh()).failed[0]?.error).toContain('have no prefixes');
  });
});

describe('NetBox', () => {
  it.each([
    [{ status: 302, body: '', headers: { location: 'https://elsewhere/' } }, /sends us to https:\/\/elsewhere/],
    [{ status: 403, body: '{"detail":"Invalid v1 token"}' }, /does not accept the token: Invalid v1 token\./],
    [{ status: 200, body: '<html>login</html>' }, /answered 200 with no list at \/api\/ipam\/prefixes\//],
    [{ status: 404, body: '{}' }, /answered 404 with no list/],
  ])('that answers %j is told in one line', async (answer, message) => {
    answers.set('/api/ipam/prefixes/?limit=1000', answer);
    await expect(listNetbox({ url: `${base}/`, token: 'x' }, 'ipam/prefixes')).rejects.toMatchObject({
      code: 'upstream',
      message: expect.stringMatching(message),
    });
  });

  it('that hangs up once is asked again', async () => {
    let asked = 0;
    const moody = createServer((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end(JSON.stringify({ next: null, results: [{ id: 1 }] }));
    });
    await new Promise<void>((resolve) => moody.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(moody.address() as AddressInfo).port}`;
    expect(await listNetbox({ url, token: 'x' }, 'ipam/vrfs')).toEqual([{ id: 1 }]);
    expect(asked).toBe(2);
    moody.closeAllConnections();
    moody.close();
  });

  it('whose pages turn in a circle is left, and one that hangs too', async () => {
    const page = (next: string) => ({ body: JSON.stringify({ next, results: [{ id: 1 }] }) });
    answers.set('/api/ipam/vrfs/?limit=1000', page('http://other/api/ipam/vrfs/?limit=1000&offset=1000'));
    answers.set('/api/ipam/vrfs/?limit=1000&offset=1000', page('/api/ipam/vrfs/?limit=1000'));
    await expect(listNetbox({ url: base, token: 'x' }, 'ipam/vrfs')).rejects.toThrow('leads back');
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(listNetbox({ url, token: 'x', pageMs: 200 }, 'ipam/vrfs')).rejects.toThrow('no answer within 0.2 s');
    silent.closeAllConnections();
    silent.close();
  });
});

describe('VPC IPAM', () => {
  const place = { accountId: '111122223333', region: 'us-east-1' };
  const access = openAwsAccess([{ ...place, roleArn: undefined, externalId: undefined, regions: ['us-east-1'] }]);
  afterAll(() => access.close());

  it('tells VPCs and subnets of accounts that nobody else reads', async () => {
    const item = (fields: Record<string, string>, tag = '') =>
      `<item>${Object.entries(fields)
        .map(([name, value]) => `<${name}>${value}</${name}>`)
        .join('')}<resourceTagSet>${tag}</resourceTagSet></item>`;
    answers.set('GetIpamResourceCidrs', {
      body: `<GetIpamResourceCidrsResponse><ipamResourceCidrSet>
        ${item({ resourceId: 'vpc-9', resourceType: 'vpc', resourceCidr: '10.90.0.0/16', resourceOwnerId: '999900001111', resourceRegion: 'eu-west-1', vpcId: 'vpc-9' })}
        ${item({ resourceId: 'vpc-9', resourceType: 'vpc', resourceCidr: '10.91.0.0/16', resourceOwnerId: '999900001111', resourceRegion: 'eu-west-1', vpcId: 'vpc-9' })}
        ${item({ resourceId: 'subnet-9', resourceType: 'subnet', resourceCidr: '10.90.1.0/24', resourceOwnerId: '999900001111', resourceRegion: 'eu-west-1', vpcId: 'vpc-9', availabilityZoneId: 'euw1-az2' }, '<item><key>team</key><value>data</value></item>')}
      </ipamResourceCidrSet></GetIpamResourceCidrsResponse>`,
    });
    const documents = await readIpamScope(access, place, 'ipam-scope-1');
    const inventory = indexInventory(joinPlaceCopies([renewPlace({}, documents, 0)]));
    expect(inventory.placeOf('10.90.1.7', '')).toEqual({
      vpcId: 'vpc-9',
      accountId: '999900001111',
      azId: 'euw1-az2',
      tags: new Map([['team', 'data']]),
    });
    expect(inventory.placeOf('10.91.0.1', '')?.vpcId).toBe('vpc-9');
  });

  it('tells who had an address, and refuses in one line', async () => {
    answers.set('GetIpamAddressHistory', {
      body: `<GetIpamAddressHistoryResponse><historyRecordSet><item><resourceId>eni-1</resourceId><resourceType>network-interface</resourceType>
        <resourceOwnerId>999900001111</resourceOwnerId><vpcId>vpc-9</vpcId><sampledStartTime>2026-11-01T00:00:00.000Z</sampledStartTime></item>
        <item><resourceId>vpc-9</resourceId><resourceType>vpc</resourceType><sampledStartTime>2026-11-01T00:00:00.000Z</sampledStartTime></item>
      </historyRecordSet></GetIpamAddressHistoryResponse>`,
    });
    const asked = { address: '10.90.1.7', fromMs: 0, toMs: 1 };
    expect(await readIpamHistory(access, place, 'ipam-scope-1', asked)).toEqual([
      {
        resourceId: 'eni-1',
        vpcId: 'vpc-9',
        accountId: '999900001111',
        fromMs: Date.parse('2026-11-01T00:00:00Z'),
        toMs: undefined,
      },
    ]);
    answers.set('GetIpamResourceCidrs', {
      status: 403,
      body: '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>',
    });
    await expect(readIpamScope(access, place, 'ipam-scope-1')).rejects.toThrow(
      'AWS does not allow ec2:GetIpamResourceCidrs in account 111122223333, us-east-1: no',
    );
  });
});

it('names the AS of an address by a .mmdb database', async () => {
  const file = join(folder, 'good.mmdb');
  const record = { autonomous_system_number: 64_500, autonomous_system_organization: 'Example Carrier' };
  writeFileSync(file, smallMmdb('198.51.96.0/20', record));
  const { remotes } = await loadNaming({ asn: file });
  expect(resolveRemote(remotes, '198.51.100.7', null)).toMatchObject({ provider: 'Example Carrier', via: 'as-table' });
  expect(resolveRemote(remotes, '198.51.112.1', null).provider).toBeNull();
  expect(resolveRemote(remotes, '2001:db8::1', null).provider).toBeNull();
  expect(remotes.systems!.rangesV4()).toEqual([
    { from: 0xc6336000, to: 0xc6336fff, value: { asn: 64_500, organisation: 'Example Carrier' } },
  ]);
  writeFileSync(file, smallMmdb('198.51.96.0/20', { city: 'Utrecht' }, 'GeoLite2-City'));
  await expect(loadNaming({ asn: file })).rejects.toThrow('is GeoLite2-City, which holds no autonomous systems');
});

it('refuses an AS database that is none, in one line', async () => {
  const file = join(folder, 'asn.mmdb');
  writeFileSync(file, 'no database');
  await expect(loadNaming({ asn: file })).rejects.toMatchObject({
    code: 'input',
    message: `The AS database ${file} cannot be read.`,
  });
});
