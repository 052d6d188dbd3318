import { BYTES_PER_BILLED_GB, DAY_MS, isoTime } from '../units.js';
import type { MetricSeries } from './cloudwatch-file.js';
import { REGION } from './company.js';
import { AGENTS_ACCOUNT } from './company-plan.js';
import { IMAGE_BYTES } from './incident-traffic.js';
import type { Ledger } from './ledger.js';
import { hexOf, uuidOf } from './random.js';

/** List price of us-east-1, facts of 2026-11: the demo's bill. What netcost answers comes from its own rate card. */
const NAT_USD_PER_GB = 0.045;

/** NAT gigabytes (of 2^30 bytes) of each whole day, by its first moment: what the gateways' metrics add up to. */
export function billedGbByDay(ledger: Ledger, metrics: readonly MetricSeries[]): ReadonlyMap<number, number> {
  const days = new Map<number, number>();
  const billed = metrics.filter(
    ({ MetricName, Period }) => Period === 3600 && /^BytesOutTo(Destination|Source)$/.test(MetricName),
  );
  for (const { Timestamps, Values } of billed) {
    Timestamps.forEach((at, index) => {
      const day = Math.floor(Date.parse(at) / DAY_MS) * DAY_MS;
      if (day + DAY_MS > ledger.nowMs) return;
      days.set(day, (days.get(day) ?? 0) + Values[index]! / BYTES_PER_BILLED_GB);
    });
  }
  return days;
}

/** GetCostAndUsage by USAGE_TYPE, a day each; the newest day is an estimate, as it is with AWS. */
export function costAndUsage(ledger: Ledger, gbByDay: ReadonlyMap<number, number>): unknown {
  const days = [...gbByDay].sort(([a], [b]) => a - b).slice(-28);
  const date = (ms: number): string => isoTime(ms).slice(0, 10);
  return {
    GroupDefinitions: [{ Type: 'DIMENSION', Key: 'USAGE_TYPE' }],
    ResultsByTime: days.map(([day, gb], index) => ({
      TimePeriod: { Start: date(day), End: date(day + DAY_MS) },
      Total: {},
      Groups: [
        usage('BoxUsage:m6i.large', 24 * 26, 0.096, 'Hrs'),
        usage('EBS:VolumeUsage.gp3', 61.4, 0.08, 'GB-Mo'),
        usage('NatGateway-Bytes', gb, NAT_USD_PER_GB, 'GB'),
        usage('NatGateway-Hours', 24 * ledger.company.gateways.length, NAT_USD_PER_GB, 'Hrs'),
        usage('PublicIPv4:InUseAddress', 24 * ledger.company.gateways.length, 0.005, 'Hrs'),
        usage('TransitGateway-Bytes', gb, 0.02, 'GB'),
        usage('TransitGateway-Hours', 24 * (ledger.company.spokeVpcs.length + 1), 0.05, 'Hrs'),
      ],
      Estimated: index === days.length - 1,
    })),
    DimensionValueAttributes: [],
  };
}

/**
 * What Cost Anomaly Detection sends to an SNS topic: it blames "Amazon Elastic Block Store", as AWS does with NAT bytes
 * (facts/triage.md 1.1). Undefined before the incident has a whole day on the bill.
 */
export function costAnomaly(ledger: Ledger, gbByDay: ReadonlyMap<number, number>): unknown {
  const firstDay = Math.floor(ledger.incident.fromMs / DAY_MS) * DAY_MS;
  const lastDay = Math.max(...gbByDay.keys());
  if (!(firstDay <= lastDay)) return undefined;
  const anomalous = [...gbByDay.keys()].filter((day) => day >= firstDay);
  const actual = round(anomalous.reduce((sum, day) => sum + gbByDay.get(day)!, 0) * NAT_USD_PER_GB);
  const expected = round(anomalous.reduce((sum, day) => sum + expectedGb(gbByDay, day, firstDay), 0) * NAT_USD_PER_GB);
  const impact = round(actual - expected);
  const account = ledger.company.networkAccountId;
  const anomalyId = uuidOf(ledger.seed, 'anomaly', firstDay);
  const monitor = uuidOf(ledger.seed, 'monitor');
  const rootCause = {
    service: 'Amazon Elastic Block Store',
    region: REGION,
    linkedAccount: account,
    linkedAccountName: 'network',
    usageType: 'NatGateway-Bytes',
    impact: { contribution: impact },
  };
  const message = {
    accountId: account,
    accountName: 'network',
    anomalyStartDate: isoTime(firstDay),
    anomalyEndDate: isoTime(lastDay),
    anomalyId,
    anomalyScore: { maxScore: 0.91, currentScore: 0.88 },
    impact: {
      maxImpact: impact,
      totalExpectedSpend: expected,
      totalActualSpend: actual,
      totalImpact: impact,
      totalImpactPercentage: round((impact / expected) * 100),
    },
    rootCauses: [rootCause],
    dimensionalValue: 'Amazon Elastic Block Store',
    monitorArn: `arn:aws:ce::${account}:anomalymonitor/${monitor}`,
    monitorName: 'services',
    monitorType: 'DIMENSIONAL',
    anomalyDetailsLink: `https://console.aws.amazon.com/cost-management/home#/anomaly-detection/monitors/${monitor}/anomalies/${anomalyId}`,
    subscriptionId: uuidOf(ledger.seed, 'subscription'),
    subscriptionName: 'immediate',
  };
  return {
    Type: 'Notification',
    MessageId: uuidOf(ledger.seed, 'message', firstDay),
    TopicArn: `arn:aws:sns:${REGION}:${account}:cost-alerts`,
    Subject: `AWS Cost Management: Cost anomaly(s) summary for AWS Account ${account}`,
    Message: JSON.stringify(message),
    Timestamp: isoTime(arrival(ledger.nowMs)),
    SignatureVersion: '1',
    Signature: Buffer.from(hexOf(128, ledger.seed, 'signature')).toString('base64'),
    SigningCertURL: `https://sns.${REGION}.amazonaws.com/SimpleNotificationService-${hexOf(32, 'certificate')}.pem`,
    UnsubscribeURL: `https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe`,
  };
}

/** DescribeImages of the teams' registries; the agents' image is the one that the warm pool pulls. */
export function ecrImages(ledger: Ledger): unknown {
  const pushed = Number.isFinite(ledger.incident.fromMs) ? ledger.incident.fromMs - 47 * 60_000 : ledger.fromMs;
  const image = (registryId: string, repositoryName: string, tag: string, bytes: number, pushedMs: number) => ({
    registryId,
    repositoryName,
    imageDigest: `sha256:${hexOf(64, repositoryName, tag)}`,
    imageTags: [tag],
    imageSizeInBytes: bytes,
    imagePushedAt: isoTime(pushedMs),
    imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
  });
  return {
    imageDetails: [
      image(AGENTS_ACCOUNT, 'agents/support-agent', '118', IMAGE_BYTES, pushed),
      image(AGENTS_ACCOUNT, 'agents/gateway', '52', 168_204_911, ledger.fromMs - 9 * DAY_MS),
      image('222233334444', 'payments-api', 'f3a91c0', 212_733_064, ledger.fromMs + 3 * DAY_MS),
      image('222233334444', 'checkout-web', '07bd2e4', 148_911_370, ledger.fromMs + 5 * DAY_MS),
      image('222233334444', 'search-query', 'c81d77a', 655_120_448, ledger.fromMs - 20 * DAY_MS),
      image('333344445555', 'airflow-worker', '9e22b15', 1_204_118_207, ledger.fromMs - 2 * DAY_MS),
      image('777788889999', 'push-sender', '4410acd', 96_310_552, ledger.fromMs - 30 * DAY_MS),
    ],
  };
}

/** The mean of up to three days of the same kind (weekday or weekend) before the incident. */
function expectedGb(gbByDay: ReadonlyMap<number, number>, day: number, firstDay: number): number {
  const isWeekend = (ms: number): boolean => [0, 6].includes(new Date(ms).getUTCDay());
  const alike = [...gbByDay.keys()].filter((each) => each < firstDay && isWeekend(each) === isWeekend(day)).slice(-3);
  return alike.reduce((sum, each) => sum + gbByDay.get(each)!, 0) / Math.max(1, alike.length);
}

/** Ten past three at night where that has been already, else a few minutes ago. */
function arrival(nowMs: number): number {
  const night = Math.floor(nowMs / DAY_MS) * DAY_MS + 190 * 60_000;
  return night < nowMs ? night : nowMs - 7 * 60_000;
}

function usage(type: string, quantity: number, usdPerUnit: number, unit: string): unknown {
  return {
    Keys: [type],
    Metrics: {
      UnblendedCost: { Amount: (quantity * usdPerUnit).toFixed(10), Unit: 'USD' },
      UsageQuantity: { Amount: quantity.toFixed(10), Unit: unit },
    },
  };
}

function round(usd: number): number {
  return Math.round(usd * 100) / 100;
}
