import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { loadConfig } from '../../src/config.js';
import { checkAws } from '../../src/main/check-aws.js';
import { runInit } from '../../src/main/init.js';
import { keyOf, logObject } from '../aws/bucket-fixture.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const ACCOUNT = '111122223333';
/** As DescribeFlowLogs gives it. */
const format = (names: string) =>
  names
    .split(' ')
    .map((name) => `\${${name}}`)
    .join(' ');
const GOOD = format(
  'srcaddr dstaddr bytes start action log-status interface-id pkt-srcaddr pkt-dstaddr az-id flow-direction',
);

/** What AWS allows, and has, in a test. */
let world: {
  denied: ReadonlySet<string>;
  flowLogs: readonly {
    id: string;
    of: string;
    to: string;
    type?: string;
    group?: string;
    format?: string;
    error?: string;
  }[];
  silent?: boolean;
};
let server: Server;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-check-aws-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (world.silent) return;
      const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const target = String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1);
      const url = new URL(request.url ?? '/', 'http://aws');
      const s3 = request.method === 'HEAD' ? 'HeadBucket' : url.searchParams.has('list-type') ? 'List' : 'GetObject';
      const operation = service === 's3' ? s3 : (new URLSearchParams(body).get('Action') ?? target ?? '');
      const [status, text] = world.denied.has(operation)
        ? [403, refusal(service, operation)]
        : [200, answer(service, operation, url.searchParams)];
      response.writeHead(status, service === 's3' ? { 'x-amz-bucket-region': 'eu-west-1' } : {});
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
beforeEach(() => {
  world = { denied: new Set(), flowLogs: [{ id: 'fl-0good', of: 'eni-01', to: 'logs/egress', format: GOOD }] };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function refusal(service: string, operation: string): string {
  if (service === 'ec2')
    return `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>not ${operation}</Message></Error></Errors></Response>`;
  if (service === 's3') return '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
  return JSON.stringify({ __type: 'AccessDeniedException', message: `not ${operation}` });
}

function answer(service: string, operation: string, query: URLSearchParams): string | Buffer {
  const key = keyOf(new Date(NOW.getTime() - 600_000), { prefix: 'egress/' });
  const prefix = query.get('prefix') ?? '';
  switch (operation) {
    case 'GetCallerIdentity':
      return `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${ACCOUNT}</Account><Arn>arn:aws:iam::${ACCOUNT}:user/me</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`;
    case 'DescribeRegions':
      return '<DescribeRegionsResponse><regionInfo><item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>';
    case 'DescribeNatGateways':
      return '<DescribeNatGatewaysResponse><natGatewaySet><item><natGatewayId>nat-01</natGatewayId><vpcId>vpc-01</vpcId><state>available</state><natGatewayAddressSet><item><networkInterfaceId>eni-01</networkInterfaceId></item></natGatewayAddressSet></item></natGatewaySet></DescribeNatGatewaysResponse>';
    case 'DescribeFlowLogs':
      return `<DescribeFlowLogsResponse><flowLogSet>${world.flowLogs
        .map(
          ({ id, of, to, group, type = 's3', format = '', error }) =>
            `<item><flowLogId>${id}</flowLogId><resourceId>${of}</resourceId><logDestinationType>${type}</logDestinationType>${group === undefined ? '' : `<logGroupName>${group}</logGroupName>`}<logDestination>arn:aws:s3:::${to}</logDestination><logFormat>${format}</logFormat>${error === undefined ? '' : `<deliverLogsStatus>FAILED</deliverLogsStatus><deliverLogsErrorMessage>${error}</deliverLogsErrorMessage>`}</item>`,
        )
        .join('')}</flowLogSet></DescribeFlowLogsResponse>`;
    case 'List': {
      const end = query.has('delimiter') ? key.indexOf('/', prefix.length) : -1;
      const found = !key.startsWith(prefix)
        ? ''
        : end >= 0
          ? `<CommonPrefixes><Prefix>${key.slice(0, end + 1)}</Prefix></CommonPrefixes>`
          : `<Contents><Key>${key}</Key><Size>300</Size><LastModified>${NOW.toISOString()}</LastModified></Contents>`;
      return `<ListBucketResult><IsTruncated>false</IsTruncated>${found}</ListBucketResult>`;
    }
    case 'GetObject':
      return logObject(NOW, 1);
    case 'HeadBucket':
      return '';
    default:
      return service === 'ec2' ? `<${operation}Response/>` : '{}';
  }
}

const config = (bucket: object = {}) =>
  configSchema().parse({
    aws: { accounts: [{ id: ACCOUNT, regions: ['us-east-1'] }] },
    data: { buckets: [{ name: 'logs', prefix: 'egress/', region: 'eu-west-1', ...bucket }] },
  });
const failures = async (of = config()) => (await checkAws(of, NOW.getTime())).filter(({ ok }) => !ok);

describe('netcost check over AWS', () => {
  it('says what works, a line each', async () => {
    const lines = await checkAws(config(), NOW.getTime());
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    const text = lines.map(({ subject, says }) => `${subject}: ${says}`).join('\n');
    expect(text).toContain(`AWS ${ACCOUNT}: arn:aws:iam::${ACCOUNT}:user/me`);
    expect(text).toMatch(/(\d+) of \1 work; not tried: ce:GetCostAndUsage \(a request costs \$0\.01\)/);
    expect(text).toContain('Gateways us-east-1: nat-01: fl-0good to s3://logs/egress/');
    expect(text).toContain('Bucket logs: 1 account and Region; newest object 2026-11-21T11:50:00Z, 10 minutes ago');
  });

  it('gives the statement for each permission that is missing', async () => {
    world.denied = new Set(['LookupEvents', 'DescribeSubnets', 'GetObject']);
    const found = await failures();
    expect(found.map(({ fix }) => fix)).toEqual([
      expect.stringContaining('{"Sid":"NetcostRead","Effect":"Allow","Action":["ec2:DescribeSubnets"],"Resource":"*"}'),
      expect.stringContaining('"Action":["cloudtrail:LookupEvents"]'),
      expect.stringContaining('"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::logs/*"]'),
    ]);
    world.denied = new Set(['List']);
    expect((await failures()).map(({ fix }) => fix)).toEqual([
      expect.stringContaining('"Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::logs"]'),
    ]);
  });

  it.each([
    [
      'no flow log',
      [],
      'nat-01 has no flow log.',
      'aws ec2 create-flow-logs --region us-east-1 --resource-type NetworkInterface --resource-ids eni-01',
    ],
    [
      'one to CloudWatch',
      [{ id: 'fl-0cw', of: 'eni-01', to: 'x', type: 'cloud-watch-logs' }],
      'CloudWatch Logs',
      'goes to S3',
    ],
    [
      'one to another bucket',
      [{ id: 'fl-0b', of: 'vpc-01', to: 'others/a', format: GOOD }],
      's3://others/a/, which data.buckets has not',
      '{ name: others, prefix: "a/"',
    ],
    [
      'one that lacks bytes',
      [{ id: 'fl-0c', of: 'eni-01', to: 'logs/egress', format: format('srcaddr dstaddr start') }],
      'fl-0c lacks bytes.',
      'docs/flow-log-fields.md',
    ],
    [
      'one that is not delivered',
      [{ id: 'fl-0d', of: 'eni-01', to: 'logs/egress', format: GOOD, error: 'Access error' }],
      'is not delivered',
      'delivery.logs.amazonaws.com',
    ],
  ])('names a gateway with %s', async (_, flowLogs, says, fix) => {
    world.flowLogs = flowLogs;
    const found = await failures();
    expect(found).toMatchObject([{ subject: 'Gateways us-east-1' }]);
    expect(found[0]!.says).toContain(says);
    expect(found[0]!.fix).toContain(fix);
  });

  it('is content with a flow log that goes to a log group of the config', async () => {
    world.flowLogs = [
      { id: 'fl-0cw', of: 'eni-01', to: 'x', type: 'cloud-watch-logs', group: '/vpc/flow', format: GOOD },
    ];
    const { data, aws } = config();
    const withGroup = configSchema().parse({
      aws,
      data: { ...data, logGroups: [{ name: '/vpc/flow', region: 'us-east-1' }] },
    });
    const lines = await checkAws(withGroup, NOW.getTime());
    expect(lines.find(({ subject }) => subject === 'Gateways us-east-1')).toMatchObject({
      ok: true,
      says: expect.stringContaining('fl-0cw to the log group /vpc/flow'),
    });
  });

  it('takes the default format for what it is, and says what is not known for it', async () => {
    world.flowLogs = [{ id: 'fl-0v2', of: 'eni-01', to: 'logs/egress' }];
    const lines = await checkAws(config(), NOW.getTime());
    const line = lines.find(({ subject }) => subject.startsWith('Gateways'))!;
    expect(line.ok).toBe(true);
    expect(line.says).toContain('without pkt-srcaddr and pkt-dstaddr remotes and services are not known');
  });

  it('names a prefix with nothing below, an account that is another, one that aws.accounts has not', async () => {
    expect((await failures(config({ prefix: 'elsewhere' }))).map(({ says }) => says)).toContain(
      'nothing below s3://logs/elsewhere/ that could be a flow log.',
    );
    const other = configSchema().parse({ aws: { accounts: [{ id: '999988887777', regions: ['us-east-1'] }] } });
    expect(await failures(other)).toMatchObject([{ says: `the credentials are those of account ${ACCOUNT}.` }]);
    expect(await failures(config({ account: '999988887777' }))).toMatchObject([
      { says: expect.stringContaining('which aws.accounts has not') },
    ]);
  });
});

describe('netcost init over AWS', () => {
  const look = (regions?: readonly string[]) => ({
    home: 'us-east-1',
    regions,
    role: undefined,
    externalId: undefined,
    signal: new AbortController().signal,
  });

  it('writes what it found, and a config that loads', async () => {
    const path = join(folder, 'found.yml');
    world.flowLogs = [{ id: 'fl-0v2', of: 'vpc-01', to: 'logs/egress' }];
    const lines = (await runInit(path, look())).join('\n');
    expect(lines).toContain(`AWS account ${ACCOUNT}: 1 NAT gateway in us-east-1.`);
    expect(lines).toContain('Found s3://logs/egress/: it is in data.buckets.');
    expect(lines).toContain('fl-0v2: without pkt-srcaddr and pkt-dstaddr remotes');
    const { data, aws } = loadConfig(path);
    expect(data.buckets).toMatchObject([{ name: 'logs', prefix: 'egress/', region: 'eu-west-1' }]);
    expect(aws.accounts).toEqual([{ id: ACCOUNT, regions: ['us-east-1'] }]);
    expect(readFileSync(path, 'utf8')).toContain('# buckets with flow logs:');
  });

  it('says what it could not find out, and writes the rest', async () => {
    world.denied = new Set(['DescribeFlowLogs', 'DescribeRegions']);
    const lines = (await runInit(join(folder, 'partly.yml'), look())).join('\n');
    expect(lines).toContain('Not found out: AWS does not allow ec2:DescribeFlowLogs');
    expect(lines).toContain('nat-01 has no flow log');
    world.denied = new Set(['GetCallerIdentity']);
    expect((await runInit(join(folder, 'nobody.yml'), look())).join('\n')).toContain('AWS was not looked at:');
    expect(loadConfig(join(folder, 'nobody.yml')).data.buckets).toEqual([]);
  });
});
