import { parse } from '@cdktf/hcl2json';
import { describe, expect, it } from 'vitest';
import { handle } from '../../commands/endpoints.js';
import type { Answer } from '../../src/answers/answer.js';
import type { EndpointNetwork } from '../../src/answers/endpoint-savings.js';
import type { Ask, Call } from '../../src/answers/reply.js';
import { TERMINAL } from '../../src/answers/reply.js';
import { parseQuestion } from '../../src/query/parse.js';
import { replyMessage } from '../../src/slack/reply-blocks.js';
import { validateBlocks } from '../../src/workspace/validate-blocks.js';

const GB = 2n ** 30n;
const asked: string[] = [];
const answerOf = (rows: readonly { key: Record<string, string | null>; bytes: bigint }[], nowMs: number): Answer => {
  const sums = { bytes: 0n, bytesUp: 0n, bytesDown: 0n, packets: 0n, flows: 0n };
  return {
    query: parseQuestion('since=7d', { nowMs }),
    window: { from: '2026-11-13T00:00:00Z', to: '2026-11-20T00:00:00Z' },
    rows: rows.map((row) => ({ ...sums, ...row })),
    rest: { groups: 0, bytes: 0n },
    total: sums,
    coverage: {
      hoursAsked: 168,
      hoursWithData: 73,
      completeUntil: null,
      gatewaysWithoutLogs: [],
      skipDataRows: 0,
      noDataRows: 0,
      rejectedFlows: 0,
      malformedLines: 0,
      lowerBound: false,
    },
    caveats: ['95 hours of 168 without data; the totals are a lower bound.'],
    cost: { engine: 'embedded', bytesScanned: 0, usd: '0' },
    tookMs: 1,
    statement: '',
  };
};
const ask: Ask = async ({ text, nowMs }) => {
  parseQuestion(text, { nowMs });
  asked.push(text);
  if (text.includes('by=vpc,az')) return answerOf([{ key: { vpc: 'vpc-1', az: 'use1-az1' }, bytes: 1n }], nowMs);
  return answerOf(
    [
      { key: { vpc: 'vpc-1', service: 'S3' }, bytes: 100n * GB },
      { key: { vpc: 'vpc-2', service: 'DYNAMODB' }, bytes: 10n * GB },
      { key: { vpc: null, service: 'S3' }, bytes: 5n * GB },
    ],
    nowMs,
  );
};
const network: EndpointNetwork = {
  vpcs: ['vpc-1', 'vpc-2'].map((id) => ({ id, region: 'us-east-1' })),
  subnets: [],
  routeTables: ['vpc-1', 'vpc-2'].map((vpcId) => ({
    id: `rtb-${vpcId}`,
    vpcId,
    isMain: true,
    subnetIds: [],
    routes: [{ destination: '0.0.0.0/0', target: 'nat-1', isBlackhole: false }],
  })),
  endpoints: [],
};
const deps = { ask, gateways: async () => [{ id: 'nat-1', region: 'us-east-1' }], network: () => network };
const call = (text: string, teams: 'all' | readonly string[] = 'all'): Call => ({
  text,
  nowMs: Date.parse('2026-11-20T00:00:00Z'),
  caller: { ...TERMINAL, teams },
});

describe('endpoints', () => {
  it('takes the hours that have data as a month, and asks for the Region of the gateways alone', async () => {
    asked.length = 0;
    const reply = await handle(deps, call('since=7d'));
    expect(asked.every((text) => text.includes('nat=nat-1 region=us-east-1'))).toBe(true);
    // 100 GB in 73 hours are 1,000 GB in 730.
    expect(reply.rows[0]).toEqual([
      'vpc-1',
      'S3',
      'make a gateway endpoint for rtb-vpc-1: free',
      '1000.0 GiB',
      '$45.00',
    ]);
    expect(reply.title).toBe('Endpoints: $49.50 a month to save in 2 VPCs');
    expect(reply.notes).toContain('95 hours of 168 without data; the totals are a lower bound.');
    expect(reply.code).toBeUndefined();
  });

  it('writes the Terraform of one VPC, which Terraform reads', async () => {
    const reply = await handle(deps, call('vpc=VPC-1'));
    const read = (await parse('main.tf', reply.code!.text)) as {
      resource: { aws_vpc_endpoint: Record<string, object[]> };
    };
    expect(read.resource.aws_vpc_endpoint.vpc_1_s3![0]).toEqual({
      vpc_id: 'vpc-1',
      service_name: 'com.amazonaws.us-east-1.s3',
      vpc_endpoint_type: 'Gateway',
      route_table_ids: ['rtb-vpc-1'],
    });
    const { blocks } = replyMessage(reply, { asked: { text: 'endpoints' }, canShare: false });
    expect(validateBlocks(blocks, 'message')).toEqual([]);
    expect(JSON.stringify(blocks)).toContain('aws_vpc_endpoint');
  });

  it('says what EC2 did not tell', async () => {
    const reply = await handle({ ...deps, network: () => undefined }, call(''));
    expect(reply.notes[2]).toMatch(/^EC2 was not read: which endpoints exist/);
  });

  it('refuses other words, and people who see some teams only', async () => {
    await expect(handle(deps, call('team=payments'))).rejects.toMatchObject({
      code: 'usage',
      message: 'endpoints does not know "team=payments".',
    });
    await expect(handle(deps, call('', ['search']))).rejects.toMatchObject({ code: 'denied' });
  });
});
