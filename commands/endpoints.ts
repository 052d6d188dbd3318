import { Decimal } from 'decimal.js';
import type { EndpointFinding } from '../src/answers/endpoint-savings.js';
import { askEndpoints, type EndpointDeps } from '../src/answers/endpoints.js';
import type { Call, TableReply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import { cleanQuestion } from '../src/query/question-words.js';
import { gatewayEndpointBlock, interfaceEndpointBlock, routeBlocks } from '../src/triage/remedies/endpoint-blocks.js';
import { formatBytes, formatUsd } from '../src/units.js';

export const name = 'endpoints';
export const usage = 'endpoints [since=7d] [vpc=ID]';
export const summary = 'what each VPC sends through NAT that a VPC endpoint would carry for less, with Terraform';

const DEFAULT_SINCE = '7d';

/**
 * Lists endpoints that are missing, lack routes or would pay, the most saved first; `vpc=` shows the Terraform of one.
 * Throws NetcostError('usage') for other words, ('denied') for people who may not see every team.
 */
export async function handle(deps: EndpointDeps, call: Call): Promise<TableReply> {
  if (call.caller.teams !== 'all') {
    throw new NetcostError('denied', 'Endpoints are of whole VPCs, and you may see some teams only.', {
      hint: 'Ask an admin of netcost.',
    });
  }
  const { since, vpcId } = readWords(call.text);
  const input = { since, nowMs: call.nowMs, ...(call.signal ? { signal: call.signal } : {}) };
  const { window, findings, caveats } = await askEndpoints(deps, input);
  const shown = vpcId === undefined ? findings : findings.filter((one) => one.vpcId.toLowerCase() === vpcId);
  const vpcs = [...new Set(shown.map((one) => one.vpcId))].map((id) => vpcOf(id, shown));
  const paying = shown.filter(({ pays }) => pays);
  const saved = sumUsd(paying);
  const [only] = vpcs;
  const terraform = vpcs.length === 1 ? only?.terraform : undefined;
  return {
    kind: 'table',
    title: `Endpoints: ${formatUsd(saved)} a month to save in ${vpcs.length} ${vpcs.length === 1 ? 'VPC' : 'VPCs'}`,
    columns: [
      { title: 'VPC', align: 'left' },
      { title: 'service', align: 'left' },
      { title: 'what to do', align: 'left' },
      { title: 'bytes a month', align: 'right' },
      { title: 'saves a month', align: 'right' },
    ],
    rows: shown.map((one) => [
      one.vpcId,
      one.service,
      whatToDo(one),
      formatBytes(one.bytesPerMonth),
      one.usdSaved === null ? null : formatUsd(one.usdSaved),
    ]),
    empty: vpcId === undefined ? 'No endpoint would save anything.' : `No endpoint of ${vpcId} would save anything.`,
    notes: [
      `A month is 730 hours like those from ${window.from} to ${window.to}. Saved is NAT data processing, less what an interface endpoint costs.`,
      ...(vpcs.length > 1 ? [`Terraform of one VPC: endpoints vpc=${vpcs[0]!.vpcId}`] : []),
      ...caveats,
    ],
    ...(terraform ? { code: { title: `Terraform for ${only!.vpcId}`, text: terraform } } : {}),
    json: { window, usdSavedPerMonth: saved, vpcs, caveats },
  };
}

function readWords(text: string): { readonly since: string; readonly vpcId: string | undefined } {
  let since = DEFAULT_SINCE;
  let vpcId: string | undefined;
  for (const word of cleanQuestion(text).split(/\s+/)) {
    const [, key = '', value = ''] = /^([a-z]+)=(\S+)$/i.exec(word) ?? [];
    if (word === '') continue;
    if (key.toLowerCase() === 'since') since = value;
    else if (key.toLowerCase() === 'vpc' && /^vpc-[\w-]+$/i.test(value)) vpcId = value.toLowerCase();
    else {
      throw new NetcostError('usage', `endpoints does not know "${word.slice(0, 60)}".`, {
        hint: 'Write it as: endpoints since=7d vpc=vpc-0a1b2c3d',
      });
    }
  }
  return { since, vpcId };
}

function vpcOf(vpcId: string, findings: readonly EndpointFinding[]) {
  const own = findings.filter((one) => one.vpcId === vpcId);
  const blocks = own.flatMap((one) => terraformOf(one) ?? []);
  return {
    vpcId,
    region: own[0]!.region,
    usdSavedPerMonth: sumUsd(own.filter(({ pays }) => pays)),
    findings: own.map(({ vpcId: _, region: __, ...rest }) => rest),
    terraform: blocks.length === 0 ? null : blocks.join('\n'),
  };
}

/** Null for what does not pay, and for what EC2 tells too little of. */
function terraformOf(one: EndpointFinding): string | null {
  const { vpcId, serviceName, routeTableIds, subnetIds, vpcEndpointId } = one;
  if (!one.pays || serviceName === null) return null;
  const label = `${vpcId}_${serviceName.split('.').at(-1)}`;
  switch (one.kind) {
    case 'missing-gateway-endpoint':
      return routeTableIds.length === 0 ? null : gatewayEndpointBlock(label, vpcId, serviceName, routeTableIds);
    case 'missing-route':
      return vpcEndpointId === null ? null : routeBlocks(label, vpcEndpointId, routeTableIds);
    case 'interface-endpoint':
      return subnetIds.length === 0 ? null : interfaceEndpointBlock(label, vpcId, serviceName, subnetIds);
  }
}

function whatToDo(one: EndpointFinding): string {
  switch (one.kind) {
    case 'missing-gateway-endpoint':
      return one.routeTableIds.length === 0
        ? 'make a gateway endpoint: free'
        : `make a gateway endpoint for ${listOf(one.routeTableIds)}: free`;
    case 'missing-route':
      return `add ${listOf(one.routeTableIds)} to ${one.vpcEndpointId}: free`;
    case 'interface-endpoint': {
      const zones = `${one.zones} ${one.zones === 1 ? 'zone' : 'zones'}`;
      const from =
        one.breakEvenBytesPerZone === null
          ? 'never pays'
          : `pays from ${formatBytes(one.breakEvenBytesPerZone)} a zone`;
      const verb = !one.pays ? 'leave it' : one.serviceName === null ? 'find out which API' : 'interface endpoint';
      return `${verb}: ${zones} cost ${formatUsd(one.usdThen)}, ${from}`;
    }
  }
}

function listOf(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 2).join(', ')} and ${ids.length - 2} more`;
}

function sumUsd(findings: readonly EndpointFinding[]): string {
  return findings.reduce((sum, { usdSaved }) => sum.plus(usdSaved ?? 0), new Decimal(0)).toFixed(2);
}
