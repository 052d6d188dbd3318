import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { detectedPayload } from '../triage/alerts/detected.js';
import { DAY_MS, HOUR_MS, isoTime } from '../units.js';
import type { Gateway } from './company.js';
import { REGION } from './company.js';
import { writeCompanyFiles } from './company-files.js';
import { writeFlowLogs } from './flow-log-objects.js';
import { type IncidentKind, LOGGER_ZONE, READER_ZONE } from './incident-traffic.js';
import { buildLedger, type Ledger } from './ledger.js';
import { DEMO_SEED } from './write-demo.js';

/** An incident of its own world: the same company, another thing that went wrong. */
interface SideIncident {
  readonly kind: IncidentKind;
  /** When it began, after the start of the day before. */
  readonly beganMs: number;
  readonly hasFlowLogs: boolean;
  /** The zone whose gateway shows it. */
  readonly zone: string;
  readonly alert: (ledger: Ledger, gateway: Gateway) => string;
}

const SIDES = {
  reader: {
    kind: 'reader',
    beganMs: 9 * HOUR_MS + 40 * 60_000,
    hasFlowLogs: true,
    zone: READER_ZONE,
    alert: alarmText,
  },
  'debug-logs': {
    kind: 'debug-logs',
    beganMs: 20 * HOUR_MS + 15 * 60_000,
    hasFlowLogs: false,
    zone: LOGGER_ZONE,
    alert: detectedText,
  },
} as const satisfies Readonly<Record<string, SideIncident>>;

export type SideName = keyof typeof SIDES;

/** Days of flow logs: enough to see what was usual on like days. */
const DAYS = 4;

/** When the excess ends, where somebody ended it. */
interface Ending {
  readonly endsMs?: number | undefined;
}

/**
 * Writes the evidence bundle of an incident beside the demo's own, up to `nowMs`, its alert included. Returns the text
 * of the alert. The same seed and moment give the same bytes.
 */
export async function writeSideIncident(
  name: SideName,
  options: { readonly dir: string; readonly nowMs: number },
): Promise<string> {
  const side = SIDES[name];
  const ledger = sideLedger(name, options.nowMs, options.nowMs);
  await writeCompanyFiles(ledger, options.dir);
  if (side.hasFlowLogs) await writeFlowLogs(ledger, { dir: join(options.dir, 'flow-logs') });
  const text = side.alert(ledger, gatewayIn(ledger, side.zone));
  await writeFile(join(options.dir, 'alert.json'), text);
  return text;
}

/** Lets time pass in such a bundle: metrics, trail and bill up to `nowMs`. Its alert stays the one that arrived. */
export async function extendSideIncident(
  name: SideName,
  options: { readonly dir: string; readonly beganAtMs: number; readonly nowMs: number } & Ending,
): Promise<void> {
  const alert = await readFile(join(options.dir, 'alert.json'));
  await writeCompanyFiles(sideLedger(name, options.beganAtMs, options.nowMs, options.endsMs), options.dir);
  await writeFile(join(options.dir, 'alert.json'), alert);
}

/** The flow logs that a bundle without any gets once somebody has turned them on, `sinceMs` ago: no day before the onset. */
export async function turnOnFlowLogs(
  name: SideName,
  options: { readonly dir: string; readonly beganAtMs: number; readonly nowMs: number; readonly sinceMs: number },
): Promise<void> {
  const ledger = sideLedger(name, options.beganAtMs, options.nowMs);
  await writeFlowLogs(ledger, { dir: join(options.dir, 'flow-logs'), fromMs: options.nowMs - options.sinceMs });
}

/** The gateway that shows an incident of the demo. */
export function sideGatewayId(name: SideName, nowMs: number): string {
  return gatewayIn(sideLedger(name, nowMs, nowMs), SIDES[name].zone).id;
}

/** The gateway of the demo's own incident: the agents' warm pool stands in one zone. */
export function agentsGatewayId(nowMs: number): string {
  return buildLedger({ seed: DEMO_SEED, nowMs }).company.clients.find((client) => client.kind === 'agent')!.gateway.id;
}

function gatewayIn(ledger: Ledger, zone: string): Gateway {
  return ledger.company.gateways.find((gateway) => gateway.azName === zone)!;
}

/** `beganAtMs` is the moment from which "the day before" is counted: it stays when time passes. */
function sideLedger(name: SideName, beganAtMs: number, nowMs: number, endsMs?: number): Ledger {
  const { kind, beganMs } = SIDES[name];
  const yesterday = Math.floor(beganAtMs / DAY_MS) * DAY_MS - DAY_MS;
  return buildLedger({
    seed: DEMO_SEED,
    nowMs,
    days: DAYS,
    incidentKind: kind,
    incidentAtMs: yesterday + beganMs,
    ...(endsMs === undefined ? {} : { incidentEndsMs: endsMs }),
  });
}

/** What CloudWatch sends to an SNS topic when an alarm on a gateway's bytes fires. */
function alarmText(ledger: Ledger, gateway: Gateway): string {
  const atMs = ledger.incident.fromMs + 2 * HOUR_MS;
  const alarmName = `nat-bytes-${gateway.name}`;
  return JSON.stringify({
    AlarmName: alarmName,
    AlarmDescription: 'Bytes through the NAT gateway, two hours above the band',
    AWSAccountId: gateway.accountId,
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: 2 out of the last 2 datapoints were greater than the upper threshold.',
    StateChangeTime: isoTime(atMs).replace('Z', '.000+0000'),
    Region: 'US East (N. Virginia)',
    AlarmArn: `arn:aws:cloudwatch:${REGION}:${gateway.accountId}:alarm:${alarmName}`,
    OldStateValue: 'OK',
    OKActions: [],
    AlarmActions: [`arn:aws:sns:${REGION}:${gateway.accountId}:cost-alerts`],
    InsufficientDataActions: [],
    Trigger: {
      MetricName: 'BytesOutToSource',
      Namespace: 'AWS/NATGateway',
      StatisticType: 'Statistic',
      Statistic: 'SUM',
      Unit: null,
      Dimensions: [{ name: 'NatGatewayId', value: gateway.id }],
      Period: 3600,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 12_000_000_000,
      TreatMissingData: 'missing',
      EvaluateLowSampleCountPercentile: '',
    },
  });
}

/** What netcost's own hourly detection says. */
function detectedText(ledger: Ledger, gateway: Gateway): string {
  return detectedPayload({
    subject: gateway.id,
    kind: 'gateway',
    accountId: gateway.accountId,
    region: REGION,
    natGatewayIds: [gateway.id],
    beganMs: Math.floor(ledger.incident.fromMs / HOUR_MS) * HOUR_MS,
    usd: '1.20',
    foundMs: ledger.nowMs,
  });
}
