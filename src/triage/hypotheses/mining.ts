import { type Case, type Finding, toldBy } from '../case.js';
import { evidence } from '../evidence/say.js';
import type { Component } from '../evidence/talkers.js';
import type { ClientPlace } from '../evidence/workloads.js';
import { isolateHost } from '../remedies/isolate-host.js';
import { ACCESS_WINDOW_MS } from '../trigger.js';
import { ownershipEvidence } from './component-evidence.js';
import { isOfTrade } from './remote-trades.js';

/** Ports on which mining pools speak Stratum (public pool pages list these; none is a common service's). */
const POOL_PORTS = new Set([
  3333, 3334, 3335, 4444, 5555, 7777, 9999, 14433, 14444, 45560, 45700, 20128, 20535, 20536, 33333, 5556, 6666, 8899,
]);
/** Stratum sends some hundred bytes a minute: a host that moves more than 50 MB an hour does something else. */
const MAX_BYTES_PER_HOST_HOUR = 50e6;
/** … and a pool takes a tenth of a gateway's traffic at most: more is a service that happens to use the port. */
const MAX_PART = 0.1;
/** A fleet: fewer new hosts may be anybody's experiment. */
const MIN_HOSTS = 3;

/** Hosts that appeared together and keep thin connections to a mining pool. Costs compute, hardly any NAT bytes. */
export function mining(found: Case): Finding | null {
  const { talkers, flows } = found;
  if (!talkers || !flows) return null;
  const launched = launchedInstances(found);
  for (const component of talkers.components) {
    // Version 2 logs do not join the two: then every client that is new is a candidate.
    const hosts = flows.hasPacketAddresses
      ? component.clients.filter((client) => client.isNew || !talkers.hasQuiet).map((client) => client.place)
      : talkers.newClients;
    const isPool =
      component.ports.slice(0, 3).some((port) => POOL_PORTS.has(port)) || isOfTrade(component.remote, 'pool');
    const fresh = hosts.filter((place) => place.interface?.instanceId && launched.has(place.interface.instanceId));
    // On port 443 a pool looks like anything: then only a fleet that somebody just launched by hand is a sign.
    const isFleet = fresh.length >= MIN_HOSTS && isOutside(component) && isGpuLaunch(found);
    const total = talkers.afterBytes / talkers.afterHours;
    const thin = isPool
      ? component.afterPerHour < MAX_PART * total
      : component.afterPerHour / Math.max(1, hosts.length) < MAX_BYTES_PER_HOST_HOUR;
    if (!thin || hosts.length < MIN_HOSTS || !(isPool || isFleet)) continue;
    return build(found, component, fresh.length > 0 ? fresh : hosts, hosts.length, isPool && fresh.length > 0);
  }
  return null;
}

function build(
  found: Case,
  component: Component,
  suspects: readonly ClientPlace[],
  hostCount: number,
  isSure: boolean,
): Finding {
  const ids = suspects.flatMap((place) => place.interface?.instanceId ?? []);
  return {
    cause: 'mining',
    excess: null,
    confidence: isSure ? 'high' : 'medium',
    evidence: [
      evidence(
        'flow-logs',
        'found',
        'new clients with thin, lasting connections',
        '{hostCount:count} hosts that were not there before keep connections to {remote} on port {port}, {bytesPerHour:bytes} an hour in all',
        {
          hostCount,
          remote: component.remote.label,
          port: `${component.ports[0] ?? 'unknown'}`,
          bytesPerHour: Math.round(component.afterPerHour),
          instanceIds: ids,
          clients: suspects.map((place) => place.address).slice(0, 20),
        },
      ),
      ...toldBy(found, found.metricsSource),
      ownershipEvidence(found, component),
    ],
    onset: found.metrics?.active?.onset ?? found.onset,
    scope: {
      names: [...ids, ...suspects.flatMap((place) => place.subnetId ?? [])],
      // Without EC2 no address leads to an instance: then a launch by a user's own keys is the sign.
      accepts: (event) => !found.inventory && event.name.startsWith('RunInstances') && event.identityType === 'IAMUser',
      withinMs: ACCESS_WINDOW_MS,
    },
    fixes: [isolateHost(suspects)],
    components: [component.key],
    fit: 0.95,
    headline:
      '{hostCount:count} new hosts keep connections to a mining pool at {remote}; what they cost is compute, not NAT bytes',
    isSecurity: true,
  };
}

function isOutside(component: Component): boolean {
  return (
    component.remote.kind === 'provider' || component.remote.kind === 'nobody' || component.remote.kind === 'aws-hosted'
  );
}

function launchedInstances(found: Case): ReadonlySet<string> {
  const launches = (found.trail?.events ?? []).filter(
    (event) => event.name.startsWith('RunInstances') && event.errorCode === undefined,
  );
  return new Set(launches.flatMap((event) => event.names.filter((name) => /^i-[0-9a-f]+$/.test(name))));
}

/** Families with GPUs, or the largest compute sizes, launched by a user rather than by a pipeline's role. */
function isGpuLaunch(found: Case): boolean {
  return (found.trail?.events ?? []).some(
    (event) =>
      event.name.startsWith('RunInstances') &&
      event.identityType === 'IAMUser' &&
      event.names.some((name) => /^(p\d|g\d|inf\d|trn\d|c\d\w*\.(1[26]|24|48)xlarge)/.test(name)),
  );
}
