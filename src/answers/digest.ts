import { Decimal } from 'decimal.js';
import { DAY_MS, isoTime } from '../units.js';
import type { Answer, Coverage } from './answer.js';
import { findMovers, type Mover } from './digest-movers.js';
import { type Destination, destinationsOf, findNewcomers, type Newcomer } from './digest-remotes.js';
import { type DigestSpan, sinceDays, spanOf, teamFilter } from './digest-span.js';
import { type Amount, type DaySum, sumAmounts } from './forecast.js';
import { type KnownHours, readMonth } from './month-so-far.js';
import type { Ask } from './reply.js';

/** Something that triage is working on. */
interface OpenIncident {
  readonly title: string;
  readonly openedMs: number;
}

/**
 * A team's traffic of a day or a week, or the whole organisation's, as data. Every figure is that of a question which
 * anybody may ask: `questions` has them. What is not known is absent, never zero.
 */
export interface Digest {
  /** Undefined for the whole organisation. */
  readonly team: string | undefined;
  readonly span: DigestSpan;
  readonly total: Amount;
  /** The same weekday a week earlier, or the week before; undefined where the logs do not tell all of it. */
  readonly before: Amount | undefined;
  /** The mean of the four weeks before, for as long a span, and the days it is made of. */
  readonly usual: (Amount & { readonly days: number }) | undefined;
  readonly month: DigestMonth;
  /** The largest first, all of them. */
  readonly destinations: readonly Destination[];
  readonly movers: readonly Mover[];
  readonly newcomers: readonly Newcomer[];
  /** Undefined where nobody watches for incidents. */
  readonly incidents: readonly OpenIncident[] | undefined;
  readonly coverage: Coverage;
  /** Daily sums of the last weeks up to the span's end, oldest first; a day of which nothing is known is not in it. */
  readonly days: readonly DaySum[];
  /** Nothing in it that anybody has to read: it is one line. */
  readonly isQuiet: boolean;
  readonly questions: {
    readonly destinations: string;
    readonly days: string;
    readonly clients: string;
  };
}

interface DigestMonth {
  /** `2026-11` */
  readonly name: string;
  readonly soFar: Amount;
  /** Where it will end; undefined where too little is known, and where it is over. */
  readonly whole: Amount | undefined;
  /** Hours of it, up to the span's end, of which the logs do not tell. */
  readonly gapHours: number;
  /** The span's last day is the month's last. */
  readonly isOver: boolean;
  /** The month before, where this one is over and the logs tell of it. */
  readonly before: Amount | undefined;
}

export interface DigestDeps {
  /** askQuestion bound; whoever binds it sees to it that not too many run at once. */
  readonly ask: Ask;
  /** Hours of each day of which the logs tell, as far back as a forecast at `nowMs` looks: readKnownHours bound. */
  readonly knownHours: (nowMs: number) => Promise<KnownHours>;
  /** Absent where nobody watches for incidents. */
  readonly openIncidents?: (team: string | undefined) => Promise<readonly OpenIncident[]>;
}

export interface DigestInput {
  readonly team: string | undefined;
  readonly every: 'daily' | 'weekly';
  readonly day: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

const USUAL_DAYS = 28;
/** Hours that make a day one to compare with. */
const WHOLE_HOURS = 22;
/** Less of a change than this is a day like others. */
const QUIET_CHANGE = 0.2;

/**
 * Asks all that a digest says, with the engine that answers people. Throws what `ask` throws, NetcostError('usage') for
 * a team that cannot be a name included.
 */
export async function makeDigest(deps: DigestDeps, input: DigestInput): Promise<Digest> {
  const { team, every, nowMs, signal } = input;
  const span = spanOf(every, input.day);
  const filter = teamFilter(team);
  const asked = new Map<string, Promise<Answer>>();
  const ask = (text: string) => {
    const answer = asked.get(text) ?? deps.ask(signal === undefined ? { text, nowMs } : { text, nowMs, signal });
    asked.set(text, answer);
    return answer;
  };
  const since = sinceDays(span.fromMs, span.toMs);
  const compare = every === 'weekly' ? 'compare=previous' : 'compare=lastweek';
  // The span's last moment: its month is this month, and its day is no history yet.
  const asOfMs = span.toMs - 1;
  const monthFromMs = Date.parse(`${input.day.slice(0, 7)}-01T00:00:00Z`);
  const isOver = isoTime(span.toMs).slice(8, 10) === '01';
  const known = await deps.knownHours(asOfMs);
  const beforeFromMs = span.fromMs - 7 * DAY_MS;
  const hasBefore = isKnown(known, beforeFromMs, beforeFromMs + span.toMs - span.fromMs);
  const usualFromMs = span.fromMs - USUAL_DAYS * DAY_MS;
  const monthAt = async (atMs: number) => {
    const knownHours = atMs === asOfMs ? known : await deps.knownHours(atMs);
    return readMonth({ ask: deps.ask, knownHours }, filter.trim(), atMs, signal);
  };
  const mainQuestion = ask(`${filter}${since} by=service,provider ${compare} top=1000`);
  const [main, sofar, month, lastMonth, newcomers, movers, incidents] = await Promise.all([
    mainQuestion,
    ask(`${filter}${sinceDays(monthFromMs, span.toMs)}`),
    monthAt(asOfMs),
    isOver ? wholeMonthBefore(ask, filter, monthFromMs) : undefined,
    mainQuestion.then((now) =>
      findNewcomers({ ask, now, filter, span, usualFromMs, isKnownDay: (ms) => known.has(ms) }),
    ),
    hasBefore ? findMovers({ ask, team, since, compare }) : [],
    deps.openIncidents?.(team),
  ]);
  const before = hasBefore ? main.total.previous : undefined;
  // A forecast looks back four weeks from the span's end; a week's four weeks begin earlier.
  const history = every === 'daily' ? month : await monthAt(span.fromMs - 1);
  const usual = usualOf(history.days, usualFromMs, span);
  const part = {
    team,
    span,
    total: amountOf(main.total),
    before: before === undefined ? undefined : amountOf(before),
    usual,
    destinations: destinationsOf(main),
    movers,
    newcomers,
    incidents,
    coverage: main.coverage,
    days: month.days.filter(({ dayMs }) => dayMs < span.toMs),
  };
  return {
    ...part,
    month: {
      name: input.day.slice(0, 7),
      soFar: amountOf(sofar.total),
      whole: isOver ? undefined : month.whole,
      gapHours: Math.round(month.gapHours),
      isOver,
      before: lastMonth,
    },
    isQuiet: !isOver && isQuiet(part),
    questions: {
      destinations: `${filter}${since} by=service,provider ${compare}`,
      days: `${filter}${sinceDays(span.toMs - 14 * DAY_MS, span.toMs)} by=day`,
      clients: `${filter}${since} by=${team === undefined ? 'team' : 'workload'} ${compare}`,
    },
  };
}

const amountOf = ({ bytes, usd }: Amount): Amount => (usd === undefined ? { bytes } : { bytes, usd });

function isKnown(known: KnownHours, fromMs: number, toMs: number): boolean {
  for (let dayMs = fromMs; dayMs < toMs; dayMs += DAY_MS) if ((known.get(dayMs) ?? 0) < WHOLE_HOURS) return false;
  return true;
}

/** The month before, where the logs tell of all its hours. */
async function wholeMonthBefore(
  ask: (text: string) => Promise<Answer>,
  filter: string,
  monthFromMs: number,
): Promise<Amount | undefined> {
  const fromMs = Date.parse(`${isoTime(monthFromMs - DAY_MS).slice(0, 7)}-01T00:00:00Z`);
  const { total, coverage } = await ask(`${filter}${sinceDays(fromMs, monthFromMs)}`);
  return coverage.hoursWithData < coverage.hoursAsked ? undefined : amountOf(total);
}

/** The mean day of the four weeks before, times the days of the span. */
function usualOf(days: readonly DaySum[], fromMs: number, span: DigestSpan): Digest['usual'] {
  const whole = days.filter(
    ({ dayMs, hoursKnown }) => dayMs >= fromMs && dayMs < span.fromMs && hoursKnown >= WHOLE_HOURS,
  );
  if (whole.length < 3) return undefined;
  const sum = sumAmounts(whole);
  const length = (span.toMs - span.fromMs) / DAY_MS;
  const bytes = (sum.bytes * BigInt(length)) / BigInt(whole.length);
  const usd = sum.usd === undefined ? {} : { usd: new Decimal(sum.usd).times(length).div(whole.length).toFixed(6) };
  return { bytes, ...usd, days: whole.length };
}

function isQuiet(
  digest: Pick<Digest, 'total' | 'before' | 'movers' | 'newcomers' | 'incidents' | 'coverage'>,
): boolean {
  const { total, before, coverage } = digest;
  if (before === undefined || coverage.lowerBound || coverage.gatewaysWithoutLogs.length > 0) return false;
  if (digest.movers.length > 0 || digest.newcomers.length > 0 || (digest.incidents ?? []).length > 0) return false;
  const [now, then] = [Number(total.bytes), Number(before.bytes)];
  return Math.abs(now - then) <= QUIET_CHANGE * Math.max(now, then);
}
