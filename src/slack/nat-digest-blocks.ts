import type { DigestPeriod, GatewayFigures, NatMetricsDigest } from '../answers/nat-metrics-digest.js';
import { RECOMMENDED_FORMAT } from '../flows/fields.js';
import { DAY_MS, formatBytes, isoTime } from '../units.js';
import { showChange, showUsd } from './answer-words.js';
import { barBlock } from './chart-blocks.js';
import { context, fitMessage, type Message, type OurBlock, plainText, section } from './message.js';
import { code, cut, escapeText, plain } from './mrkdwn.js';
import { gridBlock } from './table-blocks.js';

/** The digest's own message, and what stands below it in the thread. */
export interface NatDigestMessages {
  readonly main: Message;
  /** Undefined where one line says it all. */
  readonly thread: Message | undefined;
}

/** Gateways on one screen of a phone; the others are in the thread. */
const GATEWAYS_SHOWN = 4;
const GATEWAYS_IN_THREAD = 60;
const GIB = 1024 ** 3;

/**
 * The digest of a company that has CloudWatch's metrics alone. Pure; a quiet period is one line. `remarks` are
 * sentences about when it comes: late, as a test.
 */
export function natDigestMessages(digest: NatMetricsDigest, remarks: readonly string[] = []): NatDigestMessages {
  const below = remarks.length === 0 ? [] : [context(remarks.join('\n'))];
  if (digest.isQuiet) {
    const line = `✓ NAT gateways ${spanWords(digest.period)}: ${totalWords(digest)}, as usual (${trendWords(digest)}). ${monthWords(digest)}`;
    return {
      main: fitMessage({ text: escapeText(line), blocks: [section(plain(line)), ...below] }),
      thread: undefined,
    };
  }
  const main = mainMessage(digest);
  return { main: fitMessage({ ...main, blocks: [...main.blocks, ...below] }), thread: threadMessage(digest) };
}

/** A team's digest where there are no flow logs: CloudWatch does not know whose the bytes are. */
export function noLogsMessage(team: string, period: DigestPeriod): Message {
  const line = `${team} ${spanWords(period)}: not known. CloudWatch counts the bytes of a gateway, and only flow logs say whose they are.`;
  return fitMessage({
    text: escapeText(line),
    blocks: [
      section(plain(line)),
      context(`Turn them on as docs/flow-log-fields.md says; ${code('netcost check')} looks whether they arrive.`),
    ],
  });
}

function mainMessage(digest: NatMetricsDigest): Message {
  const { gateways, total, gaps } = digest;
  const title = `NAT gateways ${spanWords(digest.period)}`;
  const more = gateways.length - GATEWAYS_SHOWN;
  const chart = chartOf(digest);
  const trend = trendWords(digest);
  const through = gateways.length === 1 ? '1 gateway' : `${gateways.length} gateways`;
  const lines =
    gateways.length === 0
      ? ['Nothing is known of this time.']
      : [
          `*${plain(totalWords(digest))}* through ${through}, ${plain(trend)}.`,
          `↓ ${formatBytes(total.down)} down · ↑ ${formatBytes(total.up)} up`,
          plain(monthWords(digest)),
        ];
  const blocks: OurBlock[] = [
    { type: 'header', text: plainText(title, 150) },
    section(lines.join('\n')),
    ...(chart === undefined ? [] : [chart]),
    ...(gateways.length === 0 ? [] : [gatewayTable(gateways.slice(0, GATEWAYS_SHOWN), false)]),
    ...troubles(gateways).map((line) => section(`⚠ ${plain(line)}`)),
    ...(gaps.length === 0 ? [] : [context(cut(gaps.map((gap) => `⚠ ${plain(gap)}`).join('\n'), 1_500))]),
    context(
      [
        ...(more > 0 ? [`${more} more gateways in the thread.`] : []),
        'From CloudWatch alone; the thread says what flow logs would add.',
      ].join(' '),
    ),
  ];
  const said =
    gateways.length === 0
      ? `Nothing is known. ${gaps.join(' ')}`
      : `${totalWords(digest)}, ${trend}. ${monthWords(digest)}`;
  return fitMessage({ text: escapeText(`${title}: ${said}`), blocks });
}

/** All gateways, connections, what asking cost, and how flow logs are turned on. */
function threadMessage({ gateways, asked }: NatMetricsDigest): Message {
  const shown = gateways.slice(0, GATEWAYS_IN_THREAD);
  const regions = [...new Set(gateways.map(({ region }) => region))];
  const cli = [
    'aws ec2 create-flow-logs --resource-type NetworkInterface --resource-ids eni-OF-THE-GATEWAY \\',
    `  --region ${regions[0] ?? 'REGION'} --traffic-type ALL --max-aggregation-interval 60 \\`,
    '  --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET \\',
    `  --log-format '${RECOMMENDED_FORMAT}'`,
  ].join('\n');
  const cost = `Asking CloudWatch took ${asked.requests} requests and cost ${showUsd(asked.usd)}.`;
  return fitMessage({
    text: escapeText(`The gateways one by one. ${cost} Flow logs would say who sends the bytes, and to whom.`),
    blocks: [
      ...(shown.length === 0 ? [] : [gatewayTable(shown, true)]),
      section(
        [
          '*What flow logs would add*',
          '• who sends: team, workload, address; and what nobody owns',
          '• to whom: S3, ECR, a vendor, a country’s cloud; and which pair moved when a day is dear',
          '• what a gateway endpoint for S3 or DynamoDB would save, in dollars',
          '• the cause of an incident, not only its hour',
        ].join('\n'),
      ),
      section(`*How they are turned on*, for the interface of each gateway:\n\`\`\`\n${escapeText(cli)}\n\`\`\``),
      context(plain(cost)),
    ],
  });
}

function gatewayTable(gateways: readonly GatewayFigures[], withConnections: boolean): OurBlock {
  const regions = new Set(gateways.map(({ region }) => region));
  const right = (title: string) => ({ title, align: 'right' as const });
  const more = withConnections
    ? [right('Down'), right('Up'), right('Most connections'), right('Established'), right('Port errors')]
    : [right('Usual')];
  return gridBlock({
    columns: [{ title: 'Gateway', align: 'left' }, right('Data'), right('USD'), ...more],
    rows: gateways.map(({ natGatewayId, region, bytes, usd, usual, isNew, up, down, connections }) => {
      const { most, attempts, established, portErrors } = connections;
      const hasRate = attempts !== undefined && established !== undefined && attempts > 0;
      const own = [
        formatBytes(down),
        formatBytes(up),
        most === undefined ? '–' : String(most),
        hasRate ? percent(established / attempts) : '–',
        String(portErrors),
      ];
      const trend = isNew ? 'new' : usual === undefined ? '–' : showChange(bytes, usual);
      const place = regions.size > 1 || withConnections ? ` (${region})` : '';
      return [
        `${withConnections ? natGatewayId : shortId(natGatewayId)}${place}`,
        formatBytes(bytes),
        showUsd(usd),
        ...(withConnections ? own : [trend]),
      ];
    }),
  });
}

/** `nat-0a1b…0001`: a phone has no room for more beside the figures; the whole id stands in the thread. */
function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

/** What a gateway's own counters say is wrong, at any volume. */
function troubles(gateways: readonly GatewayFigures[]): string[] {
  const full = gateways.filter(({ connections }) => connections.portErrors > 0);
  return full
    .slice(0, 3)
    .map(
      ({ natGatewayId, connections }) =>
        `${natGatewayId} refused ${connections.portErrors} connections: all ports towards one destination were taken.`,
    );
}

function chartOf({ days }: NatMetricsDigest): OurBlock | undefined {
  const points = days.map(({ dayMs, bytes }) => ({
    label: isoTime(dayMs).slice(5, 10),
    value: Math.round((Number(bytes) / GIB) * 10) / 10,
  }));
  return barBlock('NAT bytes, day by day (UTC)', points, { x: 'Day', y: 'GiB', series: 'GiB' });
}

/** "2.40 TiB, $105.47", "at least …" where hours are missing. */
function totalWords({ total, hoursAsked }: NatMetricsDigest): string {
  const least = total.hoursKnown < hoursAsked ? 'at least ' : '';
  return `${least}${formatBytes(total.bytes)}${total.usd === undefined ? '' : `, ${showUsd(total.usd)}`}`;
}

/** "+18 % on a week before, ±0 % on four weeks". */
function trendWords({ total, period }: NatMetricsDigest): string {
  const isDay = period.toMs - period.fromMs === DAY_MS;
  const parts = [
    ...(total.lastWeek === undefined
      ? []
      : [`${showChange(total.bytes, total.lastWeek)} on ${isDay ? 'a week before' : 'the week before'}`]),
    ...(total.usual === undefined ? [] : [`${showChange(total.bytes, total.usual)} on four weeks`]),
  ];
  return parts.length === 0 ? 'with nothing to compare it with yet' : parts.join(', ');
}

/** "This month so far 48 TiB, $2,100.00; at this pace it ends at $3,160.00." */
function monthWords({ month }: NatMetricsDigest): string {
  const { soFar, whole, gapHours } = month;
  const name = new Date(month.monthFromMs).toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' });
  const least = gapHours >= 1 ? 'at least ' : '';
  const usd = soFar.usd === undefined ? '' : `, ${showUsd(soFar.usd)}`;
  const end =
    whole === undefined
      ? ''
      : `; at this pace it ends at ${whole.usd === undefined ? formatBytes(whole.bytes) : showUsd(whole.usd)}`;
  return `${name} so far: ${least}${formatBytes(soFar.bytes)}${usd}${end}.`;
}

/** "on Friday 20 November", "from 14 to 20 November" (UTC days). */
function spanWords(period: DigestPeriod): string {
  const last = new Date(period.toMs - DAY_MS);
  const day = { day: 'numeric', month: 'long', timeZone: 'UTC' } as const;
  if (period.toMs - period.fromMs === DAY_MS)
    return `on ${last.toLocaleString('en-GB', { weekday: 'long', ...day })}`.replace(',', '');
  const first = new Date(period.fromMs);
  return `from ${first.toLocaleString('en-GB', day)} to ${last.toLocaleString('en-GB', day)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0.99 && share < 1 ? 1 : 0)} %`;
}
