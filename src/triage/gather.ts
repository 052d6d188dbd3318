import { NO_OWNERS } from '../attribution/owners.js';
import { natProcessingUsd } from '../pricing/nat-processing.js';
import { NAT_RATES } from '../pricing/nat-rates.js';
import { BYTES_PER_BILLED_GB, DAY_MS, HOUR_MS } from '../units.js';
import type { Case } from './case.js';
import { collapseChanges } from './evidence/changes.js';
import type { Evidence, EvidenceSource } from './evidence/evidence.js';
import { metricsFromFlows } from './evidence/flow-metrics.js';
import { measureNat, type NatMetrics } from './evidence/nat-metrics.js';
import { nameRemotes } from './evidence/remotes.js';
import { at, evidence } from './evidence/say.js';
import { compareTalkers, type Talkers } from './evidence/talkers.js';
import { tellMetrics, tellMissing, tellUsage } from './evidence/tell.js';
import { placeClients } from './evidence/workloads.js';
import { nameGateways } from './gateway-names.js';
import { flowOnset, mainOnset } from './onset.js';
import type { EvidenceSources, FlowReading, Reading } from './sources.js';

/** What was gathered, and the gaps that every report must name. */
export interface Gathered {
  readonly found: Case;
  readonly readings: ReadonlyMap<EvidenceSource, Reading<unknown>>;
}

/** A source that does not answer in this time is a failed source, never a lost diagnosis. */
const SOURCE_DEADLINE_MS = 45_000;

/** Asks every source at once, each with a deadline, and lays out what the hypotheses judge. */
export async function gather(sources: EvidenceSources, deadlineMs = SOURCE_DEADLINE_MS): Promise<Gathered> {
  const ask = <T>(call: () => Promise<Reading<T>>) => withDeadline(call, deadlineMs);
  const [metrics, trail, inventory, images, usage, flows, owners, remotes] = await Promise.all([
    ask(sources.metrics),
    ask(sources.trail),
    ask(sources.inventory),
    ask(sources.images),
    ask(sources.usage),
    ask(sources.flows),
    ask(sources.owners),
    ask(sources.remotes),
  ]);
  const { account, alert } = sources;
  const known = <T>(reading: Reading<T>): T | null => (reading.state === 'read' ? reading.value : null);
  const inventoryFound = known(inventory);
  const remoteLookup = known(remotes);
  const rawFlows = known(flows);
  const fromCloudWatch = metrics.state === 'read' ? measureNat(metrics.value) : null;
  const metricsSource = metrics.state === 'read' ? ('cloudwatch' as const) : ('flow-logs' as const);
  const flowReading = rawFlows && nameGateways(rawFlows, fromCloudWatch);
  const measured =
    fromCloudWatch ?? (metricsSource === 'flow-logs' && flowReading ? measureNat(metricsFromFlows(flowReading)) : null);
  const place = placeClients(inventoryFound, known(owners) ?? NO_OWNERS, flowReading?.facts);
  const name = remoteLookup ? nameRemotes(remoteLookup) : unnamed;
  const onset = mainOnset(measured) ?? (measured ? null : flowOnset(flowReading));
  const moment = onset ?? quietMoment(measured, flowReading);
  const talkers =
    flowReading && flowReading.sums.length + flowReading.outside.length > 0 && moment
      ? compareTalkers({ flows: flowReading, onset: moment, baseline: measured?.rise?.baseline ?? null, place, name })
      : null;
  const rate = natProcessingUsd(BigInt(BYTES_PER_BILLED_GB), account.region);
  const usdPerGb = rate === undefined ? null : rate.toNumber();
  const hasExcess = measured
    ? measured.hasExcess
    : talkers !== null && talkers.excess > 0.2 * (talkers.afterBytes - talkers.excess);
  const excess = hasExcess ? wholeExcess(measured, talkers, flowReading) : 0;
  const usdOf = (bytes: number) => (usdPerGb === null ? null : ((bytes / BYTES_PER_BILLED_GB) * usdPerGb).toFixed(2));
  const changes = known(trail);
  const told = new Map<EvidenceSource, Evidence[]>();
  const tell = (source: EvidenceSource, reading: Reading<unknown>, asked: string, lines: () => Evidence[]) => {
    const missing = tellMissing(source, reading, asked);
    told.set(source, missing ? [missing] : lines());
  };
  tell('cloudwatch', metrics, 'AWS/NATGateway metrics', () => tellMetrics(measured, onset, 'cloudwatch', usdOf));
  tell('flow-logs', flows, 'flow logs of the gateways', () => [
    ...tellFlows(flowReading as FlowReading),
    ...(metricsSource === 'flow-logs' && measured ? tellMetrics(measured, onset, 'flow-logs', usdOf) : []),
  ]);
  tell('cloudtrail', trail, 'write events of LookupEvents', () => {
    const events = changes?.events ?? [];
    const how = changes?.searched === undefined ? '' : `: ${changes.searched}`;
    const asked = `write events of LookupEvents${how}`;
    if (events.length === 0)
      return [
        evidence('cloudtrail', 'none', asked, 'CloudTrail returned not one write event for the window that was asked'),
      ];
    return [
      evidence(
        'cloudtrail',
        'found',
        asked,
        '{eventCount:count} write events from {from:time} to {to:time} were searched',
        {
          eventCount: events.length,
          from: at(changes?.fromMs ?? 0),
          to: at(changes?.toMs ?? 0),
        },
      ),
    ];
  });
  tell('ec2', inventory, 'VPCs, subnets, route tables, gateways, endpoints and interfaces', () =>
    tellInventory(inventoryFound as NonNullable<typeof inventoryFound>),
  );
  tell('ecr', images, 'DescribeImages', () => {
    const all = known(images) ?? [];
    const asked = 'DescribeImages';
    return all.length === 0
      ? [evidence('ecr', 'none', asked, 'ECR lists not one image')]
      : [evidence('ecr', 'found', asked, 'ECR lists {imageCount:count} images', { imageCount: all.length })];
  });
  tell('cost-explorer', usage, 'GetCostAndUsage by USAGE_TYPE, daily', () =>
    tellUsage(known(usage) ?? [], onset?.earliestMs ?? null),
  );
  told.set('prices', [
    usdPerGb === null
      ? evidence('prices', 'none', 'NAT data processing', 'The price of a GB in {region} is not known', {
          region: account.region,
        })
      : evidence(
          'prices',
          'found',
          'NAT data processing',
          'A GB through a NAT gateway in {region} costs {usdPerGb:rate}',
          {
            region: account.region,
            usdPerGb: NAT_RATES.get(account.region)?.usdPerGb ?? usdPerGb,
            usdPerGbSource: NAT_RATES.get(account.region)?.source ?? null,
          },
        ),
  ]);
  const endMs = measured
    ? measured.state === 'ended'
      ? measured.untilMs
      : measured.lastMs
    : (flowReading?.toMs ?? account.nowMs);
  const found: Case = {
    account,
    alert,
    metrics: measured,
    metricsSource,
    flows: flowReading,
    talkers,
    inventory: inventoryFound,
    trail: changes,
    isTrailPartial: trail.state === 'read' && (trail.lacks ?? []).length > 0,
    changes: changes ? collapseChanges(changes) : null,
    series: known(metrics),
    images: known(images),
    usage: known(usage),
    remotes: remoteLookup,
    place,
    name,
    onset,
    excess,
    hasExcess,
    days: onset ? Math.max(HOUR_MS, endMs - onset.earliestMs) / DAY_MS : 1,
    usdPerGb,
    told,
  };
  const readings = new Map<EvidenceSource, Reading<unknown>>([
    ['cloudwatch', metrics],
    ['flow-logs', flows],
    ['cloudtrail', trail],
    ['ec2', inventory],
    ['ecr', images],
    ['cost-explorer', usage],
    ['owners', owners],
    ['ip-ranges', remotes],
  ]);
  return { found, readings };
}

/** Where no bytes rose, talkers are still compared around the moment at which something else did. */
function quietMoment(metrics: NatMetrics | null, flows: FlowReading | null) {
  if (metrics?.attempts) return metrics.attempts.rise.onset;
  if (metrics?.active) return metrics.active.onset;
  const first = [...(metrics?.gatewayRises.values() ?? [])][0];
  if (first) return first.onset;
  const middle = flows?.fromMs && flows.toMs ? (flows.fromMs + flows.toMs) / 2 : null;
  return middle === null ? null : { earliestMs: middle, latestMs: middle + HOUR_MS };
}

/** How far the two may be apart and still show the same traffic: late objects, scans of the public address, sampling. */
const AGREEMENT = [0.8, 1.25] as const;

/**
 * The excess that shares refer to: what the metrics measured, or what the logs show where these hold only part of it
 * (late objects, hours without data), so that a share is of like with like.
 */
function wholeExcess(metrics: NatMetrics | null, talkers: Talkers | null, flows: FlowReading | null): number {
  const measured = metrics?.rise?.excess ?? 0;
  // Without a quiet period the logs know sizes, not an excess.
  if (!talkers || talkers.excess <= 0 || (!talkers.hasQuiet && measured > 0)) return measured;
  if (measured <= 0) return talkers.excess;
  // A gateway that rose and has no logs is not late: its excess stays unexplained.
  const seen = new Set(flows?.natGatewaysSeen ?? []);
  const rises = [...(metrics?.gatewayRises ?? [])];
  const unseen = rises.filter(([id]) => !seen.has(id)).reduce((sum, [, rise]) => sum + rise.excess, 0);
  if (unseen > 0.5 * rises.reduce((sum, [, rise]) => sum + rise.excess, 0)) return measured;
  const ratio = talkers.excess / measured;
  return ratio >= AGREEMENT[0] && ratio <= AGREEMENT[1] ? measured : talkers.excess;
}

function tellFlows(flows: FlowReading): Evidence[] {
  const asked = 'counted flow records of the gateways, by client, remote, port and direction';
  if (flows.fromMs === null || flows.toMs === null) {
    return [evidence('flow-logs', 'none', asked, 'The flow logs hold not one counted row of these gateways')];
  }
  return [
    evidence('flow-logs', 'found', asked, 'Flow logs of {natGatewayIds:list} cover {from:time} to {to:time}', {
      natGatewayIds: flows.natGatewaysSeen,
      from: at(flows.fromMs),
      to: at(flows.toMs),
      skipDataRows: flows.skipDataRows,
      noDataRows: flows.noDataRows,
      rejectedFlows: flows.rejectedFlows,
    }),
  ];
}

function tellInventory(inventory: NonNullable<Case['inventory']>): Evidence[] {
  const asked = 'DescribeVpcEndpoints, DescribeRouteTables and the other inventory calls';
  if (inventory.missing.includes('vpc-endpoints')) {
    return [
      evidence(
        'ec2',
        'found',
        asked,
        'EC2 shows {gatewayCount:count} NAT gateways and {tableCount:count} route tables',
        { gatewayCount: inventory.natGateways.length, tableCount: inventory.routeTables.length },
      ),
    ];
  }
  const gateways = inventory.endpoints.filter((one) => one.type === 'Gateway');
  const values = {
    gatewayCount: inventory.natGateways.length,
    tableCount: inventory.routeTables.length,
    gatewayEndpoints: gateways.map((one) => `${one.id} (${one.serviceName}) in ${one.vpcId}`),
    vpcIds: inventory.vpcs.map((one) => one.id),
  };
  return [
    gateways.length === 0
      ? evidence(
          'ec2',
          'found',
          asked,
          'EC2 shows {gatewayCount:count} NAT gateways and not one gateway endpoint in {vpcIds:list}',
          values,
        )
      : evidence(
          'ec2',
          'found',
          asked,
          'EC2 shows {gatewayCount:count} NAT gateways and the gateway endpoints {gatewayEndpoints:list}',
          values,
        ),
  ];
}

async function withDeadline<T>(call: () => Promise<Reading<T>>, deadlineMs: number): Promise<Reading<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Reading<T>>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'failed', error: 'it did not answer in time' }), deadlineMs);
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    return {
      state: 'failed',
      error: error instanceof Error ? (error.message.split('\n')[0]?.slice(0, 300) ?? '') : 'unknown error',
    };
  } finally {
    clearTimeout(timer);
  }
}

const unnamed: Case['name'] = (address) => ({
  key: `address:${address}`,
  kind: 'nobody',
  label: address ?? 'unknown addresses',
  service: null,
  region: null,
  provider: null,
  category: null,
  isVague: false,
});
