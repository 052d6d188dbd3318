import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseAsnTable } from '../../src/attribution/asn.js';
import { loadAwsRanges, parseAwsRanges } from '../../src/attribution/aws-ranges.js';
import { parseOwners } from '../../src/attribution/owners-file.js';
import { loadProviderTable, parseProviderRanges } from '../../src/attribution/provider-ranges.js';
import { indexRemotes, loadRemoteTables, type RemoteTables, resolveRemote } from '../../src/attribution/ranges.js';

const published = (...rows: [prefix: string, service: string, region: string][]) =>
  JSON.stringify({
    createDate: '2026-08-22-15-17-05',
    prefixes: rows
      .filter(([prefix]) => !prefix.includes(':'))
      .map(([ip_prefix, service, region]) => ({ ip_prefix, service, region, network_border_group: region })),
    ipv6_prefixes: rows
      .filter(([prefix]) => prefix.includes(':'))
      .map(([ipv6_prefix, service, region]) => ({ ipv6_prefix, service, region, network_border_group: region })),
  });

const RANGES = published(
  ['3.5.0.0/19', 'AMAZON', 'us-east-1'],
  ['3.5.0.0/19', 'S3', 'us-east-1'],
  ['3.5.0.0/19', 'EC2', 'us-east-1'],
  ['52.94.0.0/22', 'AMAZON', 'us-east-1'],
  ['35.71.64.0/22', 'DYNAMODB', 'eu-west-1'],
  ['35.71.64.0/24', 'EC2', 'eu-west-1'],
  ['18.0.0.0/16', 'AMAZON', 'GLOBAL'],
  ['18.0.1.0/24', 'EC2', 'us-west-2'],
  ['99.77.0.0/16', 'GLOBALACCELERATOR', 'GLOBAL'],
  ['99.77.1.0/24', 'S3', 'us-west-2'],
  ['2600:1ff0::/32', 'S3', 'us-east-1'],
);
const OWNERS = parseOwners(`
remotes:
  - { name: Datadog, category: log-intake, prefixes: [203.0.113.0/25, 3.5.1.0/24] }
  - { name: Datadog EU, prefixes: [203.0.113.64/26] }`);
const SYSTEMS = parseAsnTable(`start,end,asn,organisation
1.178.7.0,1.178.7.255,16509,"Amazon.com, Inc."
2.16.0.0,2.23.255.255,20940,Akamai International B.V.
140.82.112.0,140.82.127.255,36459,"GitHub, Inc."
198.51.100.0,198.51.100.255,AS64500,
2a00::,2a00:ffff:ffff:ffff:ffff:ffff:ffff:ffff,64501,Six
not,a,row,x`);

let tables: RemoteTables;
beforeAll(async () => {
  const aws = parseAwsRanges(RANGES);
  tables = {
    named: indexRemotes(OWNERS.remotes),
    aws: aws.table,
    providers: await loadProviderTable(),
    systems: SYSTEMS,
    awsSource: aws.source,
  };
});
const resolve = (remote: string, row: string | null = null) => {
  const { service, provider, region } = resolveRemote(tables, remote, row);
  return [service, provider, region];
};

describe('resolveRemote', () => {
  it('names a remote of owners.yaml before all else, and still says whose the address is', () => {
    expect(resolve('203.0.113.1', 'S3')).toEqual(['Datadog', 'aws', null]);
    expect(resolve('203.0.113.1')).toEqual(['Datadog', null, null]);
    expect(resolve('203.0.113.65')).toEqual(['Datadog EU', null, null]);
    expect(resolve('3.5.1.9', 'S3')).toEqual(['Datadog', 'aws', 'us-east-1']);
    expect(resolveRemote(tables, '203.0.113.1', null).category).toBe('log-intake');
  });

  it('takes the service of the row where it says more than AMAZON', () => {
    expect(resolve('3.5.0.9', 'EC2')).toEqual(['EC2', 'aws', 'us-east-1']);
    expect(resolve('3.5.0.9', 'AMAZON')).toEqual(['S3', 'aws', 'us-east-1']);
    expect(resolve('99.77.1.1', 'GLOBALACCELERATOR')).toEqual(['GLOBALACCELERATOR', 'aws', 'GLOBAL']);
    expect(resolve('192.0.2.1', 'API_GATEWAY')).toEqual(['API_GATEWAY', 'aws', null]);
    expect(resolve('192.0.2.1', 'AMAZON')).toEqual(['AMAZON', 'aws', null]);
    expect(resolve('192.0.2.1', '-')).toEqual([null, null, null]);
  });

  it('else takes any published service before EC2, EC2 before AMAZON, then the longest prefix', () => {
    expect(resolve('3.5.0.9')).toEqual(['S3', 'aws', 'us-east-1']);
    expect(resolve('35.71.64.9')).toEqual(['DYNAMODB', 'aws', 'eu-west-1']);
    expect(resolve('52.94.1.1')).toEqual(['AMAZON', 'aws', 'us-east-1']);
    expect(resolve('18.0.1.1')).toEqual(['EC2', 'aws', 'us-west-2']);
    expect(resolve('18.0.2.1', 'AMAZON')).toEqual(['AMAZON', 'aws', 'GLOBAL']);
    expect(resolve('99.77.1.1')).toEqual(['S3', 'aws', 'us-west-2']);
    expect(resolve('99.77.2.1')).toEqual(['GLOBALACCELERATOR', 'aws', 'GLOBAL']);
    expect(resolve('2600:1ff0::1')).toEqual(['S3', 'aws', 'us-east-1']);
    expect(resolve('64:ff9b::305:9')).toEqual(['S3', 'aws', 'us-east-1']);
  });

  it('knows providers by their ranges, then by the AS table, one name for both', () => {
    expect(resolve('140.82.113.3')).toEqual([null, 'github', null]);
    expect(resolve('104.16.1.34')).toEqual([null, 'cloudflare', null]);
    expect(resolve('151.101.1.194')).toEqual([null, 'fastly', null]);
    expect(resolve('20.60.40.4')).toEqual([null, 'azure', null]);
    expect(resolve('34.1.208.9')).toEqual([null, 'gcp', null]);
    expect(resolve('1.178.7.1')).toEqual([null, 'aws', null]);
    expect(resolve('2.16.0.1')).toEqual([null, 'Akamai International B.V.', null]);
    expect(resolve('198.51.100.1')).toEqual([null, 'AS64500', null]);
    expect(resolve('2a00::1')).toEqual([null, 'Six', null]);
    expect(resolve('10.1.2.3')).toEqual([null, null, null]);
    expect(resolve('no address')).toEqual([null, null, null]);
  });

  it('takes an address as a number too', () => {
    expect(resolveRemote(tables, 3 * 2 ** 24 + 5 * 2 ** 16 + 9, null).service).toBe('S3');
  });

  it('says what told it', () => {
    const via = (remote: string, row: string | null = null) => resolveRemote(tables, remote, row).via;
    expect([
      via('203.0.113.1'),
      via('3.5.0.9', 'EC2'),
      via('3.5.0.9'),
      via('140.82.113.3'),
      via('2.16.0.1'),
      via('10.1.2.3'),
    ]).toEqual(['named', 'flow-log', 'aws-ranges', 'provider-ranges', 'as-table', null]);
  });
});

describe('the tables', () => {
  it('have bundled AWS ranges with a date, which name the well-known services', async () => {
    const bundled = await loadRemoteTables({});
    expect(bundled.awsSource).toMatch(/^AWS ip-ranges of 2026-08-22, bundled$/);
    const what = (remote: string) => {
      const { service, region } = resolveRemote(bundled, remote, null);
      return [service, region];
    };
    expect(what('52.216.58.42')).toEqual(['S3', 'us-east-1']);
    expect(what('3.5.16.209')).toEqual(['S3', 'us-east-1']);
    expect(what('52.94.0.5')).toEqual(['DYNAMODB', 'us-east-1']);
    expect(what('13.32.1.1')).toEqual(['CLOUDFRONT', 'GLOBAL']);
    expect(bundled.aws.rangesV4().length).toBeGreaterThan(1000);
    expect(bundled.aws.rangesV6().length).toBeGreaterThan(1000);
  });

  it('say in one line what is wrong with a file', async () => {
    expect(() => parseAwsRanges('<html>')).toThrow(/are no JSON/);
    expect(() => parseAwsRanges('[1]')).toThrow(/not in the format of ip-ranges\.json/);
    expect(() => parseAwsRanges('{"prefixes":[{"ip_prefix":3}]}')).toThrow(/not in the format/);
    expect(() => parseAsnTable('a\nb\nc')).toThrow(/no row of the form/);
    await expect(loadAwsRanges('/nowhere/x.json')).rejects.toMatchObject({ code: 'input' });
    await expect(loadRemoteTables({ asn: '/nowhere/asn.csv' })).rejects.toMatchObject({ code: 'input' });
  });

  it('read the published formats of other providers, in place of the bundled ranges', async () => {
    expect(
      parseProviderRanges('{"prefixes":[{"ipv4Prefix":"192.0.2.0/24"},{"ipv6Prefix":"2001:db8::/32"}]}'),
    ).toHaveLength(2);
    expect(parseProviderRanges('{"addresses":["192.0.2.0/24"],"ipv6_addresses":["2001:db8::/32"]}')).toHaveLength(2);
    expect(
      parseProviderRanges('{"web":["192.0.2.0/24"],"git":["192.0.2.0/24"],"actions":["20.0.0.0/8"],"ssh_keys":["x"]}'),
    ).toEqual(['192.0.2.0/24']);
    const tags = {
      values: [
        { name: 'AzureCloud', properties: { addressPrefixes: ['192.0.2.0/24'] } },
        { name: 'Sql', properties: {} },
      ],
    };
    expect(parseProviderRanges(JSON.stringify(tags))).toEqual(['192.0.2.0/24']);
    expect(parseProviderRanges('192.0.2.0/24\n2001:db8::/32\n# note\n')).toHaveLength(2);
    const folder = mkdtempSync(join(tmpdir(), 'netcost-ranges-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'cf.txt');
    writeFileSync(path, '192.0.2.0/24\n');
    const table = await loadProviderTable([{ provider: 'cloudflare', path }]);
    expect([table.lookup('192.0.2.1'), table.lookup('104.16.1.34'), table.lookup('140.82.113.3')]).toEqual([
      'cloudflare',
      undefined,
      'github',
    ]);
    writeFileSync(path, 'nothing');
    await expect(loadProviderTable([{ provider: 'cloudflare', path }])).rejects.toMatchObject({ code: 'input' });
  });
});
