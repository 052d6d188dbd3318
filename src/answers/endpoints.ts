import { HOURS_PER_MONTH } from '../pricing/endpoint-rates.js';
import type { Answer } from './answer.js';
import { type EndpointFinding, type EndpointNetwork, findEndpointSavings, type VpcUsage } from './endpoint-savings.js';
import type { Ask } from './reply.js';

export interface EndpointSavings {
  readonly window: Answer['window'];
  readonly findings: readonly EndpointFinding[];
  /** Sentences for a person: what the answer does not know. */
  readonly caveats: readonly string[];
}

export interface EndpointDeps {
  readonly ask: Ask;
  /** The gateways that the logs tell of. */
  readonly gateways: () => Promise<readonly { readonly id: string; readonly region: string }[]>;
  /** Undefined where no EC2 inventory was read. */
  readonly network: () => EndpointNetwork | undefined;
}

/** So many VPCs and services of one Region are looked at; beyond it only small ones are left. */
const TOP = 1000;

/**
 * What endpoints would save, from the traffic of a window (the words of `since=`), taken as that of a month. Only
 * traffic to the gateway's own Region counts: no endpoint carries another's.
 * @throws NetcostError as the question does.
 */
export async function askEndpoints(
  deps: EndpointDeps,
  input: { readonly since: string; readonly nowMs: number; readonly signal?: AbortSignal },
): Promise<EndpointSavings> {
  const gateways = await deps.gateways();
  const byRegion = new Map<string, string[]>();
  for (const { id, region } of gateways) if (region !== '') byRegion.set(region, [...(byRegion.get(region) ?? []), id]);
  const run = (words: string) =>
    deps.ask({ text: words, nowMs: input.nowMs, ...(input.signal ? { signal: input.signal } : {}) });
  const usage: VpcUsage[] = [];
  let whole: Answer | undefined;
  const caveats: string[] = [];
  for (const [region, ids] of byRegion) {
    const where = `since=${input.since} nat=${ids.join(',')} region=${region}`;
    const services = await run(`${where} by=vpc,service top=${TOP}`);
    const zones = await run(`${where} by=vpc,az top=${TOP}`);
    whole ??= services;
    usage.push(...usageOf(services, zones, region));
    for (const caveat of services.caveats) if (!caveats.includes(caveat)) caveats.push(caveat);
  }
  // Without any gateway the question still tells the window and what is missing.
  whole ??= await run(`since=${input.since}`);
  if (byRegion.size === 0) caveats.push(...whole.caveats);
  const network = deps.network();
  const findings = findEndpointSavings(network ?? NO_NETWORK, usage);
  return { window: whole.window, findings, caveats: [...gapsOf(network, findings), ...caveats] };
}

const NO_NETWORK: EndpointNetwork = { vpcs: [], subnets: [], routeTables: undefined, endpoints: undefined };

function usageOf(services: Answer, zones: Answer, region: string): VpcUsage[] {
  // Hours without data are not hours without traffic.
  const hours = Math.max(1, services.coverage.hoursWithData);
  const zonesOf = new Map<string, number>();
  for (const { key } of zones.rows) {
    if (key.az !== null && typeof key.vpc === 'string') zonesOf.set(key.vpc, (zonesOf.get(key.vpc) ?? 0) + 1);
  }
  return services.rows.flatMap(({ key, bytes }) =>
    typeof key.vpc === 'string' && typeof key.service === 'string'
      ? [
          {
            vpcId: key.vpc,
            region,
            service: key.service,
            bytesPerMonth: (bytes * BigInt(HOURS_PER_MONTH)) / BigInt(hours),
            zones: zonesOf.get(key.vpc) ?? 0,
          },
        ]
      : [],
  );
}

function gapsOf(network: EndpointNetwork | undefined, findings: readonly EndpointFinding[]): string[] {
  if (network?.endpoints === undefined || network.routeTables === undefined) {
    const lacks =
      network === undefined
        ? 'EC2 was not read'
        : `${network.endpoints === undefined ? 'DescribeVpcEndpoints' : 'DescribeRouteTables'} was not read`;
    return [
      `${lacks}: which endpoints exist, and VPCs that need one and send nothing yet, are not known. Name aws.accounts in the config, or put the ec2/ folder beside the logs.`,
    ];
  }
  const vague = findings.some(({ serviceName }) => serviceName === null);
  return vague
    ? [
        'AMAZON is one of the many AWS APIs that share addresses: the logs do not say which. Route 53 Resolver query logs do (by=domain).',
      ]
    : [];
}
