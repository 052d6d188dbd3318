// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what Terraform reads is what is tested
import { parse } from '@cdktf/hcl2json';
import { describe, expect, it } from 'vitest';
import { FIELDS } from '../../src/flows/fields.js';
import type { Case } from '../../src/triage/case.js';
import { enableFlowLogs } from '../../src/triage/remedies/enable-flow-logs.js';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const gateway = (id: string, interfaceIds: readonly string[]) => ({ id, vpcId: 'vpc-1', interfaceIds });
const caseWith = (natGateways: readonly unknown[]): Case =>
  ({ account: { nowMs: NOW }, inventory: { natGateways } }) as unknown as Case;
const flowLogOf = async (terraform: string | null) => {
  const document = await parse('main.tf', terraform ?? '');
  return (document.resource as { aws_flow_log: { netcost: Record<string, unknown>[] } }).aws_flow_log.netcost[0]!;
};

describe('turning flow logs on', () => {
  it('is Terraform for the interfaces of the gateways that rose, and of no other', async () => {
    const found = caseWith([gateway('nat-1', ['eni-1']), gateway('nat-2', ['eni-2'])]);
    const log = await flowLogOf(enableFlowLogs(found, ['nat-1']).terraform);
    expect(log).toMatchObject({ eni_id: '${each.value}', traffic_type: 'ALL', log_destination_type: 's3' });
    expect(String(log.for_each)).toContain('"eni-1"');
    expect(String(log.for_each)).not.toContain('eni-2');
  });

  it('ends by itself after two weeks', async () => {
    const log = await flowLogOf(enableFlowLogs(caseWith([gateway('nat-1', ['eni-1'])]), ['nat-1']).terraform);
    expect(String(log.for_each)).toMatch(/timecmp\(plantimestamp\(\), "2026-12-06T00:00:00Z"\) < 0/);
  });

  it('asks for fields that AWS has, packet addresses among them, as names and not as templates', async () => {
    const log = await flowLogOf(enableFlowLogs(caseWith([gateway('nat-1', ['eni-1'])]), ['nat-1']).terraform);
    const asked = [...String(log.log_format).matchAll(/\$\$?\{([a-z0-9-]+)\}/g)].map(([, name]) => name);
    const known = new Set(FIELDS.map((field) => field.name));
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => name === undefined || !known.has(name))).toEqual([]);
    expect(asked).toEqual(expect.arrayContaining(['pkt-srcaddr', 'pkt-dstaddr', 'flow-direction', 'log-status']));
  });

  it('falls back to the VPC, and proposes no code where neither is known', async () => {
    const log = await flowLogOf(enableFlowLogs(caseWith([gateway('nat-1', [])]), ['nat-1']).terraform);
    expect(log).toHaveProperty('vpc_id');
    expect(enableFlowLogs(caseWith([]), ['nat-1']).terraform).toBeNull();
  });
});
