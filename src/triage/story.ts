import { formatUsd } from '../units.js';
import type { FixId } from './causes.js';
import type { Fix } from './remedies/fix.js';
import type { DiagnosedCause, Diagnosis } from './report.js';

/** A diagnosis in the order in which a person reads it. All strings are plain text; names in them are hostile. */
export interface Story {
  readonly headline: string;
  readonly isSecurity: boolean;
  /** What is known of the incident as a whole: since when, until when, how much. */
  readonly facts: readonly (readonly [label: string, says: string])[];
  readonly causes: readonly StoryCause[];
  readonly gaps: readonly string[];
}

export interface StoryCause {
  readonly title: string;
  readonly says: readonly string[];
  readonly trigger: string | null;
  readonly fixes: readonly StoryFix[];
}

interface StoryFix {
  readonly title: string;
  readonly says: string | null;
  readonly code: string | null;
}

/** What each fix asks of a person. */
const FIX_WORDS: Readonly<Record<FixId, string>> = {
  's3-gateway-endpoint': 'Create an S3 gateway endpoint',
  'dynamodb-gateway-endpoint': 'Create a DynamoDB gateway endpoint',
  'associate-route-table': 'Associate the route tables with the endpoint',
  'restore-endpoint': 'Restore the endpoint',
  'interface-endpoint': 'Create an interface endpoint',
  'slim-image': 'Make the image smaller',
  'fix-crash-loop': 'Find what restarts the tasks',
  'pull-through-cache': 'Cache packages and public images inside the network',
  'reduce-log-volume': 'Send fewer logs: level, sampling, filters',
  'privatelink-saas': 'Reach the vendor through PrivateLink',
  'move-bucket-or-reader': 'Bring bucket and reader into one Region',
  'reschedule-job': 'Run the job less often, or at another hour',
  backoff: 'Back off between retries, and reuse connections',
  'nat-per-az': 'One NAT gateway in each zone',
  'regional-nat': 'One regional NAT gateway in place of the zonal ones',
  'remove-inner-nat': 'Route past the inner NAT gateway and remove it',
  'delete-idle-nat': 'Delete the idle NAT gateways',
  'isolate-host': 'Isolate the hosts and keep them for the security team',
  'enable-flow-logs': 'Turn flow logs on, with packet addresses',
  'mark-planned': 'Mark it as planned',
  none: 'Nothing to change',
};

/** Lays a diagnosis out for people. */
export function tellStory(report: Diagnosis): Story {
  const says = new Map(report.evidence.map((one) => [one.id, one.says]));
  return {
    headline: report.headline,
    isSecurity: report.security,
    facts: factsOf(report),
    causes: report.causes.map((cause, index) => causeOf(cause, sayOnce(report, index, says))),
    gaps: report.gaps,
  };
}

/** Sentences of a cause that no earlier cause has said. */
function sayOnce(report: Diagnosis, index: number, says: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const said = new Set(report.causes.slice(0, index).flatMap((cause) => cause.evidence));
  return new Map([...says].filter(([id]) => !said.has(id)));
}

/** Below a twentieth the rest is rounding. */
const MIN_REST = 0.05;

function factsOf(report: Diagnosis): (readonly [string, string])[] {
  const { onset, status, alert } = report;
  const facts: (readonly [string, string])[] = [];
  if (alert.natGatewayIds.length > 0) facts.push(['gateways', alert.natGatewayIds.join(', ')]);
  if (onset) facts.push(['began', `${minute(onset.earliest)} to ${minute(onset.latest)} UTC`]);
  if (onset)
    facts.push(['now', status.state === 'ended' && status.until ? `ended ${minute(status.until)} UTC` : status.state]);
  if (status.usdSoFar !== null && Number(status.usdSoFar) > 0) facts.push(['so far', formatUsd(status.usdSoFar)]);
  const rest = 1 - report.causes.reduce((sum, cause) => sum + (cause.share ?? 0), 0);
  if (report.causes.some((cause) => cause.share !== null) && rest >= MIN_REST)
    facts.push(['unexplained', `${Math.round(rest * 100)} % of the excess`]);
  // A budget's amount is the month's, not this incident's.
  if (alert.usd !== undefined && alert.kind === 'cost-anomaly') facts.push(['alert says', formatUsd(alert.usd)]);
  return facts;
}

function causeOf(cause: DiagnosedCause, says: ReadonlyMap<string, string>): StoryCause {
  const share =
    cause.share === null || cause.id === 'unknown' ? '' : `, ${Math.round(cause.share * 100)} % of the excess`;
  const usd = cause.usdPerDay === null || cause.id === 'unknown' ? '' : `, ${formatUsd(cause.usdPerDay)} a day`;
  return {
    title: `${cause.id}${share}${usd} (${cause.confidence} confidence)`,
    says: cause.evidence.flatMap((id) => says.get(id) ?? []),
    trigger: cause.trigger ? (says.get(cause.trigger.evidence) ?? null) : null,
    fixes: cause.fixes.map(fixOf),
  };
}

function fixOf(fix: Fix): StoryFix {
  const params = Object.entries(fix.params).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : value.join(', ')}`,
  );
  const saves = fix.usdSavedPerDay === null ? [] : [`saves ${formatUsd(fix.usdSavedPerDay)} a day`];
  const costs =
    fix.usdCostPerDay === null || Number(fix.usdCostPerDay) === 0
      ? []
      : [`costs ${formatUsd(fix.usdCostPerDay)} a day`];
  const free =
    fix.usdSavedPerDay !== null && fix.usdCostPerDay !== null && Number(fix.usdCostPerDay) === 0 ? ['free'] : [];
  const parts = [...params, ...saves, ...costs, ...free];
  return { title: FIX_WORDS[fix.id], says: parts.length > 0 ? parts.join('; ') : null, code: fix.terraform ?? fix.cli };
}

function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
