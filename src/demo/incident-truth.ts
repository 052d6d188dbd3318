import { isoTime } from '../units.js';
import { REGION } from './company.js';
import { type IncidentKind, LOGGER, LOGGER_ZONE, READER, READER_ZONE } from './incident-traffic.js';
import type { Ledger } from './ledger.js';
import { TRIGGER_PRINCIPAL } from './trail-file.js';

/** What really happened, for a scorer; netcost never reads it (contract, part 3). */
export function incidentTruth(ledger: Ledger): unknown {
  const { fromMs, kind } = ledger.incident;
  const client = ledger.company.clients.find(
    (each) => each.workload === WORKLOADS[kind] && each.gateway.azName === ZONES[kind],
  )!;
  const vpc = ledger.company.spokeVpcs.find((each) => each.id === client.vpcId)!;
  const endpoint = {
    vpcId: vpc.id,
    serviceName: `com.amazonaws.${REGION}.s3`,
    routeTableIds: vpc.routeTables.map((table) => table.id),
  };
  const said: Readonly<Record<IncidentKind, Told>> = {
    'warm-pool': {
      scenario: 'demo-warm-pool',
      cause: 'image-pull-loop',
      share: 0.93,
      trigger: { events: ['UpdateAgentRuntime'], principal: TRIGGER_PRINCIPAL, beforeMs: 21 * 95_000 },
      fixes: { expected: ['s3-gateway-endpoint'], also: ['slim-image'] },
      forbidden: ['s3-cross-region', 'log-shipping', 'exfiltration', 'benign-growth'],
    },
    reader: {
      scenario: 'demo-reader',
      cause: 's3-same-region',
      share: 1,
      trigger: {
        events: ['UpdateService'],
        principal: `${ROLES}/checkout-deploy/GitHubActions`,
        beforeMs: 24 * 60_000,
      },
      fixes: { expected: ['s3-gateway-endpoint'], also: [] },
      forbidden: ['image-pull-loop', 'log-shipping', 'exfiltration', 'benign-growth'],
    },
    'debug-logs': {
      scenario: 'demo-debug-logs',
      cause: 'log-shipping',
      share: 1,
      trigger: { events: ['UpdateService'], principal: `${ROLES}/payments-deploy/GitHubActions`, beforeMs: 9 * 60_000 },
      fixes: { expected: ['reduce-log-volume'], also: [] },
      forbidden: ['image-pull-loop', 's3-same-region', 'exfiltration', 'benign-growth'],
    },
  };
  const { scenario, cause, share, trigger, fixes, forbidden } = said[kind];
  return {
    scenario,
    causes: [
      {
        id: cause,
        share,
        requiredEvidenceSources:
          kind === 'warm-pool' ? ['cloudwatch', 'flow-logs', 'ecr'] : ['cloudwatch', 'flow-logs'],
        trigger: {
          events: trigger.events,
          principal: trigger.principal,
          at: isoTime(fromMs - trigger.beforeMs),
          window: [isoTime(fromMs - 45 * 60_000), isoTime(fromMs + 5 * 60_000)],
        },
        fixes: {
          ...(fixes.expected.includes('s3-gateway-endpoint')
            ? { params: { 's3-gateway-endpoint': endpoint }, allowed: { routeTableIds: endpoint.routeTableIds } }
            : {}),
          ...fixes,
        },
      },
    ],
    onset: { earliest: isoTime(fromMs - 600_000), latest: isoTime(fromMs + 600_000) },
    forbidden: { causes: forbidden, fixes: ['isolate-host'], claims: [] },
    expectedGaps: [],
    security: false,
    redHerrings: kind === 'reader' ? ['payments-api'] : [],
    natGatewayIds: [client.gateway.id],
  };
}

/** What a scorer compares with, by what goes wrong. */
interface Told {
  readonly scenario: string;
  readonly cause: string;
  readonly share: number;
  readonly trigger: { readonly events: readonly string[]; readonly principal: string; readonly beforeMs: number };
  readonly fixes: { readonly expected: readonly string[]; readonly also: readonly string[] };
  readonly forbidden: readonly string[];
}

const ROLES = 'arn:aws:sts::222233334444:assumed-role';
const WORKLOADS: Readonly<Record<IncidentKind, string>> = {
  'warm-pool': 'support_agent',
  reader: READER,
  'debug-logs': LOGGER,
};
const ZONES: Readonly<Record<IncidentKind, string>> = {
  'warm-pool': 'us-east-1a',
  reader: READER_ZONE,
  'debug-logs': LOGGER_ZONE,
};
