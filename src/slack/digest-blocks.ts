import type { Digest } from '../answers/digest.js';
import type { Rhythm } from '../answers/digest-due.js';
import type { Mover } from '../answers/digest-movers.js';
import { sinceDays, teamFilter } from '../answers/digest-span.js';
import type { Amount } from '../answers/forecast.js';
import { DAY_MS, formatBytes } from '../units.js';
import { showChange, showUsd, upper } from './answer-words.js';
import { button, isButton, writeAsked } from './buttons.js';
import { beforeName, daysWords, momentWords, monthName, rhythmWords, shortDay, spanName } from './digest-words.js';
import { LIMITS } from './limits.js';
import { context, fitMessage, type Message, type OurBlock, section } from './message.js';
import { bold, code, cut, escapeText, plain } from './mrkdwn.js';

/** Why this digest stands here, besides what it says. */
export interface DigestPlace {
  /** The moment that its buttons ask about. */
  readonly nowMs: number;
  /** When it comes by itself; undefined where somebody asked for it once. */
  readonly rhythm?: Rhythm;
  /** It was asked for as a test; the next one comes by itself then. */
  readonly nextMs?: number;
  /** It should have been here at this moment. */
  readonly lateSinceMs?: number;
  /** Days whose digests were never posted. */
  readonly missed?: readonly string[];
}

/** A phone shows this many before it has to scroll. */
const SHOWN_DESTINATIONS = 3;
const SHOWN_INCIDENTS = 2;
const MAX_NAME = 60;

/** A digest as one screen of a phone; a quiet day is one line. Pure, and fits Slack's limits. */
export function digestMessage(digest: Digest, place: DigestPlace): Message {
  const remarks = remarksOf(digest, place);
  if (digest.isQuiet) return quietMessage(digest, place, remarks);
  const body = hasNoData(digest) ? [section(noDataLine(digest))] : bodyBlocks(digest, place);
  const blocks = [
    ...body,
    ...(remarks.length === 0 ? [] : [context(remarks.join('\n'))]),
    ...buttonRow(digest, place),
    ...footer(place),
  ];
  return fitMessage({ text: escapeText(digestText(digest)), blocks });
}

/** Whose and when: "payments · Friday 20 November". */
export function digestTitle({ team, span }: Pick<Digest, 'team' | 'span'>): string {
  return `${whose(team)} · ${upper(spanName(span))}`;
}

/** The result in one or two sentences without formatting: for notifications and screen readers. */
function digestText(digest: Digest): string {
  if (hasNoData(digest)) return `${digestTitle(digest)}: no flow logs have arrived, so the bytes are not known.`;
  const { total, before, span, movers } = digest;
  const change = before === undefined ? '' : `, ${showChange(total.bytes, before.bytes)} on ${beforeName(span)}`;
  const moved =
    movers[0] === undefined ? '' : ` What moved: ${moverName(digest, movers[0])} ${moverChange(movers[0])}.`;
  const least = digest.coverage.lowerBound ? 'at least ' : '';
  return `${digestTitle(digest)}: ${least}${amount(total)} through the NAT gateway${change}.${moved}`;
}

/** A day like others: one line, with its remarks below. */
function quietMessage(digest: Digest, place: DigestPlace, remarks: readonly string[]): Message {
  const { total, before, span, team } = digest;
  const change = before === undefined ? '' : ` (${showChange(total.bytes, before.bytes)} on ${beforeName(span)})`;
  const said = total.bytes === 0n ? 'nothing through the NAT gateway' : `${amount(total)}, as usual${change}`;
  const when = span.every === 'daily' ? shortDay(span.fromMs) : spanName(span);
  const line = `${bold(whose(team))}, ${when}: ${total.bytes === 0n ? 'nothing' : `${charge(total)}, as usual`}. ${shortMonth(digest)}`;
  const more = button(
    'ask:destinations',
    'Details',
    writeAsked({ text: digest.questions.destinations, nowMs: place.nowMs }),
  );
  const block = section(line);
  const text = escapeText(`${whose(team)}, ${spanName(span)}: ${said}.`);
  const beside = more === undefined || block.type !== 'section' ? block : { ...block, accessory: more };
  return fitMessage({ text, blocks: [beside, ...(remarks.length === 0 ? [] : [context(remarks.join('\n'))])] });
}

function bodyBlocks(digest: Digest, { rhythm }: DigestPlace): readonly OurBlock[] {
  const { total, coverage, destinations } = digest;
  const least = coverage.lowerBound ? 'at least ' : '';
  const cost = total.usd === undefined ? '' : `*${showUsd(total.usd)}* · `;
  const head = [
    bold(digestTitle(digest)),
    `${least}${cost}*${formatBytes(total.bytes)}* through NAT`,
    comparison(digest),
    monthWords(digest),
  ];
  const shown = destinations.slice(0, SHOWN_DESTINATIONS);
  const more = destinations.length - shown.length;
  const went = shown.map((each) => `• ${destinationLine(digest, each)}`);
  const others = more === 0 ? [] : [`• ${more} more${rhythm === undefined ? '' : ' in the thread'}`];
  return [
    section(head.join('\n')),
    ...(shown.length === 0 ? [] : [section(['*Where it went*', ...went, ...others].join('\n'))]),
    ...newsBlock(digest),
  ];
}

/** Movers, newcomers and incidents. */
function newsBlock(digest: Digest): readonly OurBlock[] {
  const { movers, newcomers, incidents = [] } = digest;
  const moved = movers.flatMap((mover) => [
    `• ${bold(moverName(digest, mover))} ${moverChange(mover)}`,
    ...(mover.pair === undefined
      ? []
      : [`   most by ${code(mover.pair.client)} → ${code(mover.pair.remote)} ${signed(mover.pair)}`]),
  ]);
  const fresh = newcomers.map(
    (each) => `• ${bold(cut(each.name, MAX_NAME))} ${amount(each)}, not seen in the four weeks before`,
  );
  const open = incidents.slice(0, SHOWN_INCIDENTS).map((each) => `• ${plain(cut(each.title, 120))}`);
  const rest = incidents.length - open.length;
  const lines = [
    ...(moved.length === 0 ? [] : ['*What moved*', ...moved]),
    ...(fresh.length === 0 ? [] : ['*New*', ...fresh]),
    ...(open.length === 0 ? [] : ['*Open incidents*', ...open, ...(rest > 0 ? [`• ${rest} more`] : [])]),
  ];
  return lines.length === 0 ? [] : [section(lines.join('\n'))];
}

function comparison({ total, before, usual, span, days }: Digest): string {
  const than = [
    ...(before === undefined ? [] : [`${showChange(total.bytes, before.bytes)} on ${beforeName(span)}`]),
    ...(usual === undefined
      ? []
      : [
          `${showChange(total.bytes, usual.bytes)} on the mean of ${usual.days === 28 ? 'four weeks' : `${usual.days} days`}`,
        ]),
  ];
  if (than.length > 0) return than.join(', ');
  const first = days[0];
  return first === undefined || first.dayMs >= span.fromMs
    ? 'Nothing to compare with yet: the flow logs begin here.'
    : `Nothing to compare with yet: the flow logs begin on ${shortDay(first.dayMs)}.`;
}

function monthWords({ month, span, days }: Digest): string {
  const name = monthName(month.name);
  if (month.isOver) {
    const before = month.before;
    const change =
      before === undefined
        ? ''
        : `, ${showChange(month.soFar.bytes, before.bytes)} on ${monthName(isoMonthBefore(span.fromMs))} (${charge(before)})`;
    return `${name} is over: *${charge(month.soFar)}*${change}`;
  }
  const first = days.find(({ dayMs }) => dayMs >= Date.parse(`${month.name}-01T00:00:00Z`));
  const since = month.gapHours >= 24 && first !== undefined ? ` (known from ${shortDay(first.dayMs)})` : '';
  const end = month.whole === undefined ? '' : `, about *${charge(month.whole)}* by its end`;
  return `${name} so far *${charge(month.soFar)}*${since}${end}`;
}

/** "November: $72.90 of about $112.05". */
function shortMonth({ month }: Digest): string {
  const end = month.whole === undefined ? ' so far' : ` of about ${charge(month.whole)}`;
  return `${monthName(month.name)}: ${charge(month.soFar)}${end}`;
}

function isoMonthBefore(ms: number): string {
  const date = new Date(ms);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1)).toISOString().slice(0, 7);
}

/** "S3 $8.29 · 184 GiB (+289 %)". */
export function destinationLine(digest: Digest, each: Digest['destinations'][number]): string {
  const change = digest.before === undefined ? '' : ` (${showChange(each.bytes, each.beforeBytes)})`;
  return `${bold(cut(each.name ?? 'not known whose', MAX_NAME))} ${amount(each)}${change}`;
}

const amount = ({ bytes, usd }: Amount): string =>
  usd === undefined ? formatBytes(bytes) : `${showUsd(usd)} · ${formatBytes(bytes)}`;

/** Dollars, or bytes where there is no price. */
const charge = ({ bytes, usd }: Amount): string => (usd === undefined ? formatBytes(bytes) : showUsd(usd));

function moverName(digest: Digest, { team, name }: Mover): string {
  const far = cut(name ?? 'addresses that nobody knows', MAX_NAME);
  return digest.team === undefined ? `${whose(team ?? 'unattributed')} → ${far}` : far;
}

function moverChange(mover: Mover): string {
  const change = mover.beforeBytes === 0n ? 'from nothing' : showChange(mover.bytes, mover.beforeBytes);
  return `${signed(mover)} (${mover.bytes === 0n ? 'all of it' : change})`;
}

/** "+134.0 GiB", "−9.3 GiB". */
function signed({ bytes, beforeBytes }: { readonly bytes: bigint; readonly beforeBytes: bigint }): string {
  const change = bytes - beforeBytes;
  return change < 0n ? `−${formatBytes(-change)}` : `+${formatBytes(change)}`;
}

const whose = (team: string | undefined): string => cut(team ?? 'All teams', MAX_NAME);

const hasNoData = ({ coverage }: Digest): boolean => coverage.hoursWithData === 0;

function noDataLine(digest: Digest): string {
  return `${bold(digestTitle(digest))}\nNo flow logs of it have arrived, so its bytes are *not known*. ${code('/netcost status')} says how fresh the data is.`;
}

/** What a reader has to know besides the figures, the most important first. */
function remarksOf(digest: Digest, place: DigestPlace): readonly string[] {
  const { coverage } = digest;
  const missing = coverage.hoursAsked - coverage.hoursWithData;
  const gateways = coverage.gatewaysWithoutLogs;
  return [
    ...(missing > 0 && !hasNoData(digest)
      ? [`⚠ ${missing} of ${coverage.hoursAsked} hours have no flow logs: at least this much.`]
      : []),
    ...(coverage.skipDataRows > 0 ? ['⚠ AWS could not record all flows (SKIPDATA): at least this much.'] : []),
    ...(gateways.length > 0
      ? [`⚠ No flow logs of ${plain(cut(gateways.join(', '), 200))}: not in these figures.`]
      : []),
    ...placeRemarks(place),
  ];
}

/** What is to be said of when a digest comes: late, after some that never came, as a test. */
export function placeRemarks({
  missed = [],
  lateSinceMs,
  nextMs,
  rhythm,
}: Omit<DigestPlace, 'nowMs'>): readonly string[] {
  const zone = rhythm?.zone ?? 'UTC';
  return [
    ...(lateSinceMs === undefined ? [] : [`Late: it was due ${momentWords(lateSinceMs, zone)}.`]),
    ...(missed.length === 0
      ? []
      : [`Never posted: the ${missed.length === 1 ? 'digest' : 'digests'} of ${daysWords(missed)}.`]),
    ...(nextMs === undefined ? [] : [`Asked for by hand: by itself the next one comes ${momentWords(nextMs, zone)}.`]),
  ];
}

function buttonRow(digest: Digest, place: DigestPlace): readonly OurBlock[] {
  const { missed = [] } = place;
  const ask = (id: string, label: string, text: string) =>
    button(`ask:${id}`, label, writeAsked({ text, nowMs: place.nowMs }));
  const elements = [
    ...(hasNoData(digest) ? [] : [ask('destinations', 'Destinations', digest.questions.destinations)]),
    ...(hasNoData(digest)
      ? []
      : [ask('clients', digest.team === undefined ? 'Teams' : 'Workloads', digest.questions.clients)]),
    ask('days', 'Day by day', digest.questions.days),
    ...(missed.length === 0 ? [] : [ask('missed', 'What was missed', missedQuestion(digest.team, missed))]),
  ].filter(isButton);
  return elements.length === 0 ? [] : [{ type: 'actions', elements: elements.slice(0, LIMITS.actions.elements) }];
}

function missedQuestion(team: string | undefined, missed: readonly string[]): string {
  const ms = (day: string | undefined) => Date.parse(`${day}T00:00:00Z`);
  return `${teamFilter(team)}${sinceDays(ms(missed[0]), ms(missed.at(-1)) + DAY_MS)} by=day`;
}

function footer({ rhythm }: DigestPlace): readonly OurBlock[] {
  return rhythm === undefined
    ? [context('Days are UTC, like AWS’s bill.')]
    : [context(`${upper(rhythmWords(rhythm))} · days are UTC · ${code('/netcost subscriptions')}`)];
}
