// biome-ignore-all lint/suspicious/noTemplateCurlyInString: hostile names are what is tested
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { parse } from '@cdktf/hcl2json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/triage/case.js';
import { CAUSE_IDS, FIX_IDS } from '../../src/triage/causes.js';
import type { ClientPlace } from '../../src/triage/evidence/workloads.js';
import { HYPOTHESES } from '../../src/triage/hypotheses/all.js';
import { associateRouteTable } from '../../src/triage/remedies/associate-route-table.js';
import { hclLabel, hclList, hclResource, hclString } from '../../src/triage/remedies/hcl.js';
import { interfaceEndpoint } from '../../src/triage/remedies/interface-endpoint.js';
import { s3GatewayEndpoint } from '../../src/triage/remedies/s3-gateway-endpoint.js';
import { shellCommand, shellWord } from '../../src/triage/remedies/shell.js';

const GB = 1024 ** 3;
const table = (id: string, vpcId: string, target: string) => ({
  id,
  vpcId,
  isMain: false,
  subnetIds: [`subnet-${id}`],
  routes: [{ destination: '0.0.0.0/0', target, isBlackhole: false }],
});

function caseWith(inventory: Partial<NonNullable<Case['inventory']>> = {}): Case {
  const base = {
    vpcs: [{ id: 'vpc-1', cidrs: ['10.7.0.0/16'], name: undefined }],
    subnets: [],
    routeTables: [
      table('rtb-a', 'vpc-1', 'nat-1'),
      table('rtb-b', 'vpc-1', 'nat-1'),
      table('rtb-public', 'vpc-1', 'igw-1'),
      table('rtb-other', 'vpc-2', 'nat-2'),
    ],
    natGateways: [],
    endpoints: [],
    interfaces: [],
    missing: [],
  };
  return {
    account: { accountId: '1', region: 'eu-west-1', nowMs: 0 },
    days: 1,
    usdPerGb: 0.048,
    inventory: { ...base, ...inventory },
  } as unknown as Case;
}
const place = (az: string): ClientPlace => ({
  address: '10.7.33.4',
  team: 'orders',
  kind: 'ecs',
  workload: 'api',
  names: [],
  vpcId: 'vpc-1',
  subnetId: `subnet-${az}`,
  az,
  routeTableId: 'rtb-a',
  interface: undefined,
});

describe('the lists of causes and fixes', () => {
  it('have a file for every id of the contract, and nothing else claims one', () => {
    const files = (folder: string) =>
      readdirSync(new URL(`../../src/triage/${folder}/`, import.meta.url)).map((file) => file.replace(/\.ts$/, ''));
    expect(files('hypotheses')).toEqual(expect.arrayContaining([...CAUSE_IDS]));
    expect(files('remedies')).toEqual(expect.arrayContaining([...FIX_IDS]));
    expect(Object.keys(HYPOTHESES).sort()).toEqual([...CAUSE_IDS].sort());
  });
});

describe('gateway endpoints', () => {
  it('are for the clients’ VPC and every private route table of it, and for nothing public or elsewhere', () => {
    const fix = s3GatewayEndpoint(caseWith(), [place('a')], 10 * GB);
    expect(fix).toMatchObject({
      id: 's3-gateway-endpoint',
      params: { vpcId: 'vpc-1', serviceName: 'com.amazonaws.eu-west-1.s3', routeTableIds: ['rtb-a', 'rtb-b'] },
      usdSavedPerDay: '0.4800',
      usdCostPerDay: '0',
    });
    expect(fix?.cli).toBe(
      'aws ec2 create-vpc-endpoint --vpc-id vpc-1 --vpc-endpoint-type Gateway --service-name com.amazonaws.eu-west-1.s3 --route-table-ids rtb-a rtb-b --region eu-west-1',
    );
  });

  it('are not proposed where there is one', () => {
    const endpoints = [
      {
        id: 'vpce-1',
        vpcId: 'vpc-1',
        type: 'Gateway' as const,
        serviceName: 'com.amazonaws.eu-west-1.s3',
        state: 'available',
        routeTableIds: [],
        subnetIds: [],
        privateDns: false,
        name: undefined,
      },
    ];
    expect(s3GatewayEndpoint(caseWith({ endpoints }), [place('a')], GB)).toBeNull();
  });

  it('have no code where the route tables are not known', () => {
    expect(s3GatewayEndpoint({ ...caseWith(), inventory: null } as Case, [place('a')], GB)).toMatchObject({
      params: { vpcId: 'vpc-1', routeTableIds: [] },
      terraform: null,
      cli: null,
    });
  });
});

describe('interface endpoints', () => {
  // 0.24 USD a zone and day and 0.01 a GB, against 0.048 a GB: one zone pays from 6.32 GB a day on, two from 12.63.
  it.each([
    [['a'], 6.2, false],
    [['a'], 6.4, true],
    [['a', 'b'], 12.5, false],
    [['a', 'b'], 12.8, true],
  ])('in the zones %s at %d GB a day: proposed %s', (zones, gb, isProposed) => {
    const fix = interfaceEndpoint(caseWith(), 'logs', zones.map(place), gb * GB);
    expect(fix !== null).toBe(isProposed);
    if (fix) expect(Number(fix.usdCostPerDay)).toBeLessThan(Number(fix.usdSavedPerDay));
  });
});

describe('names from AWS in code', () => {
  const hostile = [
    '${file("/etc/passwd")}',
    '%{ for x in y }',
    '"\n}\nresource "aws_iam_user" "x" {',
    "'; rm -rf / #",
    '$(id)',
    '`id`',
    '\\',
    '\u2028',
    'a\u0000b',
    '-rf',
    '$${x}',
    '\\"${x}',
  ];

  it.each(hostile)('stay one HCL string: %j', async (name) => {
    const text = hclResource('aws_vpc_endpoint', name, [
      ['vpc_id', hclString(name)],
      ['tables', hclList([name, 'rtb-1'])],
    ]);
    const parsed = (await parse('main.tf', text)) as {
      resource: Record<string, Record<string, readonly Record<string, unknown>[]>>;
    };
    expect(Object.keys(parsed.resource)).toEqual(['aws_vpc_endpoint']);
    const block = parsed.resource.aws_vpc_endpoint?.[hclLabel(name)]?.[0];
    expect(Object.keys(block ?? {}).sort()).toEqual(['tables', 'vpc_id']);
  });

  it.each(hostile)('stay one shell word: %j', (name) => {
    const out = execFileSync('/bin/sh', ['-c', `printf '%s\\n' begin ${shellWord(name)} end`]).toString();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what shellWord drops
    expect(out).toBe(`begin\n${name.replace(/[\u0000-\u001f\u007f]/g, '')}\nend\n`);
  });

  it('stay one shell word, whatever they are', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (name) => {
        const out = execFileSync('/bin/sh', ['-c', `set -- ${shellWord(name)}; echo $#`]).toString();
        expect(out).toBe('1\n');
      }),
      { numRuns: 60 },
    );
  });

  it('cannot become options of a command', () => {
    expect(shellCommand(['aws'], [['--vpc-id', '--endpoint-url']])).toBe("aws --vpc-id '--endpoint-url'");
  });

  it('parse as Terraform in a whole fix', async () => {
    const fix = associateRouteTable(caseWith(), 'vpce-1', ['rtb-a', '${evil}'], GB);
    const parsed = (await parse('main.tf', fix.terraform ?? '')) as {
      resource: Record<string, Record<string, unknown>>;
    };
    expect(Object.keys(parsed.resource.aws_vpc_endpoint_route_table_association ?? {})).toHaveLength(2);
  });
});
