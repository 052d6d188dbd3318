import { HOUR_MS } from '../units.js';
import type { Company } from './company.js';
import { type Connection, connect } from './connection.js';
import { randomFor } from './random.js';
import { type RemoteGroupName, remotesOf } from './remotes.js';

/** DescribeImages' size of the image that the incident pulls, and what TCP and IP headers add to it on the wire. */
export const IMAGE_BYTES = 435_102_416;
const WIRE_OVERHEAD = 1.0276;

/**
 * What goes wrong: `warm-pool`: agents pull their image again and again. `reader`: a data job reads a bucket that it
 * never read. `debug-logs`: a service sends its logs in full to a vendor.
 */
export type IncidentKind = 'warm-pool' | 'reader' | 'debug-logs';

/** When something went wrong, and when it stopped (Infinity where it has not). */
export interface Incident {
  readonly kind: IncidentKind;
  readonly fromMs: number;
  readonly toMs: number;
}

type Traffic = (company: Company, seed: string, hourMs: number, incident: Incident) => readonly Connection[];

const TRAFFIC: Readonly<Record<IncidentKind, Traffic>> = {
  'warm-pool': imagePulls,
  reader: bucketReads,
  'debug-logs': logUploads,
};

/** The connections of one hour that an incident adds, in no order. */
export function incidentConnections(
  company: Company,
  seed: string,
  hourMs: number,
  incident: Incident,
): readonly Connection[] {
  return TRAFFIC[incident.kind](company, seed, hourMs, incident);
}

/**
 * One pull each five minutes, two in every tenth: about 317 a day of 447 MB on the wire, with some packages that the
 * fresh container installs. A pull ends in the five minutes in which it began, so that the metrics show whole multiples.
 */
function imagePulls(company: Company, seed: string, hourMs: number, incident: Incident): readonly Connection[] {
  const pool = company.clients.filter((client) => client.kind === 'agent');
  const slotMs = 300_000;
  const pulls: Connection[] = [];
  for (let slot = hourMs / slotMs; slot < (hourMs + HOUR_MS) / slotMs; slot += 1) {
    if (slot * slotMs < incident.fromMs || slot * slotMs >= incident.toMs) continue;
    const random = randomFor(seed, 'pull', slot);
    for (let nth = 0; nth < (slot % 10 === 0 ? 2 : 1); nth += 1) {
      const client = pool[(slot + nth) % pool.length]!;
      const startMs = slot * slotMs + random.between(5, 200) * 1000;
      const downPayload = (IMAGE_BYTES * WIRE_OVERHEAD) / (1 + 52 / 1448);
      pulls.push(
        connect(client, random.pick(remotesOf('ecrLayers')), startMs, random.between(22, 60), random, {
          downPayload: downPayload * (1 + 0.0008 * random.next()),
          upPayload: 9_000,
          port: 443,
          protocol: 6,
        }),
        connect(client, random.pick(remotesOf('pypi')), startMs + 5_000, random.between(8, 20), random, {
          downPayload: random.around(30e6, 0.05),
          upPayload: 40_000,
          port: 443,
          protocol: 6,
        }),
      );
    }
  }
  return pulls;
}

/**
 * The workload that reads, and the one whose logs go out: trail-file.ts tells who changed them. Each goes wrong in one
 * zone, and so through one gateway, as with a first batch of a deployment.
 */
export const READER = 'checkout-web';
export const READER_ZONE = 'us-east-1b';
export const LOGGER = 'payments-api';
export const LOGGER_ZONE = 'us-east-1c';

/** Scans of a bucket of the same Region, some seventy an hour of 120 MB each, day and night. */
function bucketReads(company: Company, seed: string, hourMs: number, incident: Incident): readonly Connection[] {
  return steadily(company, seed, hourMs, incident, {
    workload: READER,
    zone: READER_ZONE,
    to: 's3',
    perHour: 72,
    seconds: 50,
    down: 120e6,
    up: 1.6e6,
  });
}

/** Every log line in place of one in a hundred: uploads to the vendor, long and all day. */
function logUploads(company: Company, seed: string, hourMs: number, incident: Incident): readonly Connection[] {
  return steadily(company, seed, hourMs, incident, {
    workload: LOGGER,
    zone: LOGGER_ZONE,
    to: 'datadog',
    perHour: 60,
    seconds: 400,
    down: 0.9e6,
    up: 105e6,
  });
}

function steadily(
  company: Company,
  seed: string,
  hourMs: number,
  incident: Incident,
  load: {
    readonly workload: string;
    readonly zone: string;
    readonly to: RemoteGroupName;
    readonly perHour: number;
    readonly seconds: number;
    readonly down: number;
    readonly up: number;
  },
): readonly Connection[] {
  if (hourMs + HOUR_MS <= incident.fromMs || hourMs >= incident.toMs) return [];
  const random = randomFor(seed, 'incident', load.workload, hourMs);
  const clients = company.clients.filter(
    (client) => client.workload === load.workload && client.gateway.azName === load.zone,
  );
  const found: Connection[] = [];
  for (let count = random.count(load.perHour); count > 0; count -= 1) {
    const startMs = hourMs + random.between(0, 3599) * 1000;
    const seconds = Math.round(random.around(load.seconds, 0.2));
    const connection = connect(random.pick(clients), random.pick(remotesOf(load.to)), startMs, seconds, random, {
      downPayload: random.around(load.down, 0.15),
      upPayload: random.around(load.up, 0.15),
      port: 443,
      protocol: 6,
    });
    if (startMs >= incident.fromMs && startMs < incident.toMs) found.push(connection);
  }
  return found;
}
