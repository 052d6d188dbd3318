import { type Interval, refineOnset } from '../../anomalies/onset.js';
import { HOUR_MS } from '../../units.js';
import { type Case, changedComponents, mainClients } from '../case.js';
import { changeWeight } from '../evidence/change-weights.js';
import type { Evidence } from '../evidence/evidence.js';
import { tellInvocations } from '../evidence/invocations.js';
import { evidence } from '../evidence/say.js';
import type { Component } from '../evidence/talkers.js';
import { round } from '../evidence/tell.js';
import { holds } from '../evidence/workloads.js';
import { bytesPerDay, usdPerDay } from '../remedies/money.js';
import { clientsVpc, gatewayEndpoint, privateTables } from '../remedies/vpc.js';
import type { TrailEvent } from '../sources.js';
import { DEPLOY_WINDOW_MS, type TriggerScope } from '../trigger.js';

/** A component's part of the whole excess, 0 to 1. */
export function shareOf(found: Case, bytes: number): number {
  return found.excess > 0 ? Math.min(1, Math.max(0, Math.round((bytes / found.excess) * 1000) / 1000)) : 0;
}

/** The teams behind clients, most first; "unattributed" for what nobody owns. */
function teamsOf(component: Component): string[] {
  const main = new Set(mainClients(component).map((place) => place.address));
  const bytes = new Map<string, number>();
  for (const client of component.clients) {
    if (!main.has(client.place.address)) continue;
    const team = client.place.team ?? 'unattributed';
    bytes.set(team, (bytes.get(team) ?? 0) + client.excess);
  }
  return [...bytes].sort((a, b) => b[1] - a[1]).map(([team]) => team);
}

/** The workloads behind the main clients, most first. */
export function workloadsOf(component: Component): string[] {
  return [...new Set(mainClients(component).flatMap((place) => place.workload ?? []))];
}

/** Names under which a change may speak of the main clients. */
export function scopeNames(component: Component): string[] {
  return [...new Set(mainClients(component).flatMap((place) => place.names))];
}

/**
 * That the clients' VPC has no gateway endpoint for a service. Said only where EC2 listed the endpoints and shows the
 * VPC; nothing otherwise.
 */
export function noEndpointEvidence(found: Case, component: Component, service: 's3' | 'dynamodb'): Evidence[] {
  const vpcId = clientsVpc(found, mainClients(component));
  const { inventory } = found;
  const isKnown =
    inventory && !inventory.missing.includes('vpc-endpoints') && inventory.vpcs.some((vpc) => vpc.id === vpcId);
  if (!isKnown || vpcId === undefined || gatewayEndpoint(found, vpcId, service)) return [];
  return [
    evidence(
      'ec2',
      'found',
      'gateway endpoints of the clients’ VPC, and its private route tables',
      '{vpcId} has no gateway endpoint for {serviceName}; its private route tables are {routeTableIds:list}',
      {
        vpcId,
        serviceName: `com.amazonaws.${found.account.region}.${service}`,
        routeTableIds: privateTables(found, vpcId).map((table) => table.id),
      },
    ),
  ];
}

/** How often the workloads behind a component were invoked, where CloudWatch counts that. */
export function invocationEvidence(found: Case, component: Component): Evidence[] {
  return found.series && found.onset ? tellInvocations(found.series, workloadsOf(component), found.onset) : [];
}

/** Without EC2 nothing names the workloads: then a deployment by the same team half an hour before is the best that can be said. */
const TEAM_WINDOW_MS = 30 * 60_000;

/** The changes that may explain a component: those that speak of its workloads; without EC2, deployments of its teams. */
export function deployScope(found: Case, component: Component, more: readonly string[] = []): TriggerScope {
  const names = [...new Set([...scopeNames(component), ...more])];
  // Clients of another account's VPC have no interface here either.
  const shown = new Set(found.inventory?.vpcs.map((vpc) => vpc.id));
  const isHidden = mainClients(component).every(
    (place) => !place.interface && !(place.vpcId && shown.has(place.vpcId)),
  );
  const isInside = mainClients(component).some((place) =>
    found.inventory?.vpcs.some((vpc) => vpc.cidrs.some((cidr) => holds(cidr, place.address))),
  );
  if (found.inventory && (!isHidden || isInside)) return { names, withinMs: DEPLOY_WINDOW_MS };
  const teams = teamsOf(component)
    .filter((team) => team !== 'unattributed')
    .map((team) => team.toLowerCase());
  const isOfTeam = (text: string) =>
    teams.some((team) =>
      text
        .toLowerCase()
        .split(/[^a-z0-9]+/)
        .includes(team),
    );
  const accepts = (event: TrailEvent) =>
    found.onset !== null &&
    event.atMs >= found.onset.earliestMs - TEAM_WINDOW_MS &&
    changeWeight(event.source, event.name) >= 2 &&
    (event.names.some((name) => isOfTeam(name)) || isOfTeam(event.principal));
  return { names, accepts, withinMs: DEPLOY_WINDOW_MS };
}

/** What changed between clients and one remote: how much, whose, since it was how much. */
export function componentEvidence(found: Case, component: Component, excess = component.excess): Evidence {
  const clients = mainClients(component);
  const teams = teamsOf(component);
  const workloads = workloadsOf(component);
  const usd = usdPerDay(found, excess);
  const noun = clients.length === 1 ? 'client' : 'clients';
  const who = clients.length === 0 ? '' : `, by {clientCount:count} ${noun} of {teams:list}`;
  const what = workloads.length === 0 ? '' : ' ({workloads:list})';
  const money = usd === null ? '' : ', {usdPerDay:usd} a day';
  return evidence(
    'flow-logs',
    'found',
    'counted bytes by client, remote and port, before and after the onset',
    `{share:percent} of the excess is {remote}${who}${what}: {quietBytesPerHour:bytes} an hour before, {bytesPerHour:bytes} an hour since${money}`,
    {
      remote: component.remote.label,
      share: shareOf(found, excess),
      excessBytes: Math.round(excess),
      bytesPerDay: Math.round(bytesPerDay(found, excess)),
      quietBytesPerHour: Math.round(component.quietPerHour),
      bytesPerHour: Math.round(component.afterPerHour),
      upShare: upShare(component),
      clientCount: clients.length,
      clients: clients.slice(0, 20).map((place) => place.address),
      teams: teams.length === 0 ? ['unattributed'] : teams,
      workloads,
      remotePorts: component.ports.slice(0, 5).map(String),
      remoteAddresses: component.remoteAddresses.slice(0, 10),
      ...(usd === null ? {} : { usdPerDay: usd }),
    },
  );
}

/** Uploaded part of a component's excess. */
export function upShare(component: Component): number {
  const up = Math.max(0, component.excessUp);
  const down = Math.max(0, component.excessDown);
  return up + down > 0 ? round(up / (up + down)) : 0;
}

/** Whose the addresses are, and what says so. */
export function ownershipEvidence(found: Case, component: Component): Evidence {
  const { remote } = component;
  const source = found.remotes?.tables.awsSource ?? 'the tables at hand';
  return evidence(
    'ip-ranges',
    'found',
    'the owner, service and Region of the remote addresses',
    remote.region === null
      ? 'The remote addresses belong to {remote}'
      : 'The remote addresses are {remote}; the gateways stand in {homeRegion}',
    {
      remote: remote.label,
      service: remote.service,
      region: remote.region,
      provider: remote.provider,
      homeRegion: found.account.region,
      table: source,
      addresses: component.remoteAddresses.slice(0, 5),
    },
  );
}

/**
 * When a component began. The metrics know it best, being complete; only where several components changed may this one
 * be younger than the whole, and then its own series tells.
 */
export function componentOnset(found: Case, component: Component): Interval | null {
  if (changedComponents(found).length < 2 && found.metrics) return found.onset;
  const { series } = component;
  const first = series[0];
  const last = series.at(-1);
  if (!first || !last || !found.onset || !found.talkers?.hasQuiet) return found.onset;
  const bucketMs = (series[1]?.atMs ?? first.atMs + HOUR_MS) - first.atMs;
  const from = {
    earliestMs: found.onset.earliestMs,
    latestMs: Math.max(found.onset.latestMs, last.atMs - 6 * HOUR_MS),
  };
  const level = (component.quietPerHour * bucketMs) / HOUR_MS;
  const refined = refineOnset(from, series, bucketMs, 1_000_000, () => level);
  if (refined === from) return found.onset;
  // Within an hour of the whole's onset it is the same beginning, and the metrics are finer.
  return found.metrics && refined.earliestMs < found.onset.latestMs + HOUR_MS ? found.onset : refined;
}
