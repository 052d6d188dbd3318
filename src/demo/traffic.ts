import type { Client, Company } from './company.js';
import { type Connection, connect } from './connection.js';
import { type Incident, incidentConnections } from './incident-traffic.js';
import { type Random, randomFor } from './random.js';
import { type RemoteGroupName, remotesOf } from './remotes.js';

/** Bytes of a template's megabyte: scales everyday traffic to about half of what the incident adds. */
const PAYLOAD_BYTES = 550_000;

interface Template {
  readonly workload: string;
  readonly to: RemoteGroupName;
  /** Connections an hour at the busiest hour of a weekday, over all clients of the workload. */
  readonly perHour: number;
  /** Medians of the payload, relative to each other: times PAYLOAD_BYTES. */
  readonly downMb: number;
  readonly upMb: number;
  readonly seconds: number;
  readonly port?: number;
  readonly protocol?: number;
  /** `office` (the default) follows people's day; `steady` does not. */
  readonly shape?: 'steady';
}

const TEMPLATES: readonly Template[] = [
  { workload: 'payments-api', to: 's3', perHour: 34, downMb: 19, upMb: 3, seconds: 40 },
  { workload: 'payments-api', to: 'dynamodb', perHour: 45, downMb: 0.6, upMb: 0.3, seconds: 90 },
  { workload: 'payments-api', to: 'partner', perHour: 36, downMb: 2.4, upMb: 1.6, seconds: 30, port: 8443 },
  { workload: 'payments-api', to: 'datadog', perHour: 18, downMb: 0.1, upMb: 11, seconds: 420 },
  { workload: 'payments-ledger', to: 's3', perHour: 8, downMb: 12, upMb: 60, seconds: 80 },
  { workload: 'payments-ledger', to: 'awsApi', perHour: 10, downMb: 1, upMb: 2, seconds: 60 },
  { workload: 'payments-api-staging', to: 's3', perHour: 5, downMb: 8, upMb: 1, seconds: 30 },
  { workload: 'payments-api-staging', to: 'dynamodb', perHour: 6, downMb: 0.4, upMb: 0.2, seconds: 60 },
  { workload: 'checkout-web', to: 'courier', perHour: 24, downMb: 1.8, upMb: 0.9, seconds: 25 },
  { workload: 'checkout-web', to: 'cloudfront', perHour: 18, downMb: 14, upMb: 0.2, seconds: 20 },
  { workload: 'checkout-web', to: 'datadog', perHour: 15, downMb: 0.1, upMb: 9, seconds: 420 },
  { workload: 'checkout-web', to: 's3', perHour: 12, downMb: 16, upMb: 2, seconds: 30 },
  { workload: 'fraud-score', to: 's3', perHour: 9, downMb: 62, upMb: 0.4, seconds: 35 },
  { workload: 'fraud-score', to: 'ec2Partner', perHour: 26, downMb: 3.5, upMb: 1.2, seconds: 45 },
  { workload: 'search-indexer', to: 's3', perHour: 26, downMb: 70, upMb: 12, seconds: 110 },
  { workload: 'search-query', to: 'datadog', perHour: 12, downMb: 0.1, upMb: 10, seconds: 420 },
  { workload: 'ci-runner', to: 'github', perHour: 24, downMb: 26, upMb: 1.5, seconds: 45 },
  { workload: 'ci-runner', to: 'npm', perHour: 24, downMb: 13, upMb: 0.2, seconds: 35 },
  { workload: 'ci-runner', to: 'pypi', perHour: 16, downMb: 22, upMb: 0.2, seconds: 30 },
  { workload: 'ci-runner', to: 'debian', perHour: 4, downMb: 34, upMb: 0.2, seconds: 40, port: 80 },
  { workload: 'ci-runner', to: 's3', perHour: 10, downMb: 48, upMb: 35, seconds: 60 },
  { workload: 'lake-loader', to: 's3Ireland', perHour: 16, downMb: 130, upMb: 6, seconds: 220 },
  { workload: 'airflow-worker', to: 'awsApi', perHour: 20, downMb: 1.2, upMb: 1.4, seconds: 50 },
  { workload: 'airflow-worker', to: 'datadog', perHour: 8, downMb: 0.1, upMb: 7, seconds: 420 },
  { workload: 'agents-gateway', to: 'awsApi', perHour: 26, downMb: 2.2, upMb: 0.8, seconds: 70 },
  { workload: 'agents-gateway', to: 'github', perHour: 5, downMb: 8, upMb: 0.3, seconds: 40 },
  { workload: 'support_agent', to: 'awsApi', perHour: 8, downMb: 1.1, upMb: 0.6, seconds: 60 },
  { workload: 'push-sender', to: 'cloudfront', perHour: 10, downMb: 6, upMb: 0.1, seconds: 20 },
  { workload: 'push-sender', to: 'courier', perHour: 22, downMb: 0.5, upMb: 1.4, seconds: 40, protocol: 17 },
  { workload: 'push-sender', to: 's3', perHour: 6, downMb: 18, upMb: 1, seconds: 30 },
  { workload: 'scratch', to: 'pypi', perHour: 5, downMb: 42, upMb: 0.2, seconds: 40 },
  { workload: 'scratch', to: 's3', perHour: 4, downMb: 36, upMb: 4, seconds: 40 },
  { workload: 'scratch', to: 'github', perHour: 3, downMb: 12, upMb: 0.3, seconds: 30 },
  { workload: 'payments-ledger', to: 'datadog', perHour: 4, downMb: 0.1, upMb: 9, seconds: 300, shape: 'steady' },
  { workload: 'search-query', to: 's3', perHour: 9, downMb: 34, upMb: 1, seconds: 60, shape: 'steady' },
  { workload: 'airflow-worker', to: 'dynamodb', perHour: 4, downMb: 22, upMb: 18, seconds: 240, shape: 'steady' },
];

/**
 * The connections that begin in one hour (UTC, `hourMs` on the hour), oldest first: everyday traffic, and from
 * `incident.fromMs` on what goes wrong besides. Depends on the seed and the hour alone.
 */
export function connectionsOfHour(
  company: Company,
  seed: string,
  hourMs: number,
  incident: Incident,
): readonly Connection[] {
  const connections: Connection[] = [];
  TEMPLATES.forEach((template, index) => {
    const random = randomFor(seed, 'traffic', index, hourMs);
    const clients = company.clients.filter((client) => client.workload === template.workload);
    const level = template.shape === 'steady' ? 1 : officeLevel(hourMs);
    const count = random.count(template.perHour * level);
    for (let nth = 0; nth < count; nth += 1) {
      connections.push(everyday(template, random.pick(clients), hourMs, random));
    }
  });
  connections.push(...incidentConnections(company, seed, hourMs, incident));
  return connections.sort((a, b) => a.startMs - b.startMs);
}

/** 0.04 in the dead of night, 1 at 14:00 UTC; a weekend has a fifth of a weekday. */
export function officeLevel(hourMs: number): number {
  const at = new Date(hourMs);
  const distance = Math.abs(at.getUTCHours() + 0.5 - 14);
  const day = distance < 8 ? Math.cos((distance / 8) * (Math.PI / 2)) ** 1.5 : 0;
  const weekend = at.getUTCDay() === 0 || at.getUTCDay() === 6;
  return 0.04 + 0.96 * day * (weekend ? 0.2 : 1);
}

function everyday(template: Template, client: Client, hourMs: number, random: Random): Connection {
  const remotes = remotesOf(template.to);
  // A host keeps to a few addresses of a service, as resolvers and connection pools do.
  const favourite = [...client.address].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const remote = remotes[(favourite + (random.next() < 0.3 ? 1 : 0)) % remotes.length]!;
  const seconds = Math.max(1, Math.min(3000, Math.round(random.around(template.seconds, 0.5))));
  return connect(client, remote, hourMs + random.between(0, 3599) * 1000, seconds, random, {
    downPayload: random.around(template.downMb, 0.4) * PAYLOAD_BYTES,
    upPayload: random.around(template.upMb, 0.4) * PAYLOAD_BYTES,
    port: template.port ?? 443,
    protocol: template.protocol ?? 6,
  });
}
