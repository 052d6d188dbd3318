import type { Coverage } from '../../src/answers/answer.js';
import type { Digest } from '../../src/answers/digest.js';
import type { Rhythm } from '../../src/answers/digest-due.js';
import { spanOf } from '../../src/answers/digest-span.js';
import type { DaySum } from '../../src/answers/forecast.js';
import { NetcostError } from '../../src/errors.js';
import { digestMessage } from '../../src/slack/digest-blocks.js';
import { digestDetails } from '../../src/slack/digest-details.js';
import { type DigestTrouble, digestTroubleMessage } from '../../src/slack/digest-trouble.js';
import type { Message } from '../../src/slack/message.js';
import { replyMessage } from '../../src/slack/reply-blocks.js';
import { subscriptionEntry } from '../../src/slack/subscription-entries.js';
import type { Subscription } from '../../src/state/subscriptions.js';
import { DAY_MS } from '../../src/units.js';

const GIB = 1024n ** 3n;
const NOW = Date.parse('2026-11-21T08:00:00Z');
const rhythm: Rhythm = { every: 'daily', weekday: 1, minute: 540, zone: 'Europe/Berlin' };
const usd = (bytes: bigint) => ((Number(bytes) / Number(GIB)) * 0.045).toFixed(6);
const amount = (gib: number) => {
  const bytes = BigInt(Math.round(gib * 1024)) * 1024n ** 2n;
  return { bytes, usd: usd(bytes) };
};
const went = (name: string | null, gib: number, before: number) => ({
  name,
  ...amount(gib),
  beforeBytes: amount(before).bytes,
});
const coverage = (change: Partial<Coverage> = {}): Coverage => ({
  hoursAsked: 24,
  hoursWithData: 24,
  completeUntil: '2026-11-21T07:50:00Z',
  gatewaysWithoutLogs: [],
  skipDataRows: 0,
  noDataRows: 0,
  rejectedFlows: 0,
  malformedLines: 0,
  lowerBound: false,
  ...change,
});
const daysTo = (day: string, count: number, gib: (n: number) => number): DaySum[] =>
  Array.from({ length: count }, (_, n) => ({
    dayMs: Date.parse(day) - (count - 1 - n) * DAY_MS,
    hoursKnown: 24,
    ...amount(gib(n)),
  }));

const quiet: Digest = {
  team: 'payments',
  span: spanOf('daily', '2026-11-20'),
  total: amount(91.2),
  before: amount(88.6),
  usual: { ...amount(80), days: 28 },
  month: { name: '2026-11', soFar: amount(1_620), whole: amount(2_490), gapHours: 0, isOver: false, before: undefined },
  destinations: [went('S3', 70, 69), went('Datadog', 21.2, 19.6)],
  movers: [],
  newcomers: [],
  incidents: [],
  coverage: coverage(),
  days: daysTo('2026-11-20', 28, (n) => 80 + (n % 7)),
  isQuiet: true,
  questions: {
    destinations: 'team=payments since=2026-11-20..2026-11-20 by=service,provider compare=lastweek',
    days: 'team=payments since=2026-11-07..2026-11-20 by=day',
    clients: 'team=payments since=2026-11-20..2026-11-20 by=workload compare=lastweek',
  },
};
const busy: Digest = {
  ...quiet,
  team: undefined,
  total: amount(214),
  before: amount(67),
  usual: { ...amount(58.2), days: 28 },
  month: { ...quiet.month, soFar: amount(970), whole: amount(1_880) },
  destinations: [
    went('S3', 184.2, 47.4),
    went('fastly', 13.1, 3.6),
    went('github', 4.2, 3.5),
    went('Datadog', 3.5, 3.5),
    went(null, 2.5, 0),
  ],
  movers: [
    {
      team: 'agents',
      name: 'S3',
      ...amount(134.3),
      beforeBytes: 0n,
      pair: { client: '10.50.1.80', remote: '54.231.138.73', ...amount(93.2), beforeBytes: 0n },
    },
    { team: 'search', name: 'fastly', ...amount(13.1), beforeBytes: amount(3.6).bytes, pair: undefined },
    { team: 'batch', name: 'Datadog', bytes: 0n, beforeBytes: amount(9).bytes, pair: undefined },
  ],
  newcomers: [{ name: '203.0.113.77', ...amount(2.5) }],
  incidents: [{ title: 'nat-0a1b2c3d: ten times the usual bytes since Thu 14:00', openedMs: NOW }],
  days: daysTo('2026-11-20', 28, (n) => (n > 25 ? 60 * (n - 24) : 60 + (n % 7))),
  isQuiet: false,
};
const first: Digest = {
  ...quiet,
  before: undefined,
  usual: undefined,
  month: { ...quiet.month, soFar: amount(91.2), whole: undefined, gapHours: 19 * 24 },
  destinations: [went('S3', 70, 0), went('Datadog', 21.2, 0)],
  days: daysTo('2026-11-20', 1, () => 91.2),
  isQuiet: false,
};
const gaps: Digest = {
  ...quiet,
  before: undefined,
  coverage: coverage({
    hoursWithData: 17,
    skipDataRows: 12,
    gatewaysWithoutLogs: ['nat-0aaa1111bbbb2222c'],
    lowerBound: true,
  }),
  isQuiet: false,
};
const monthEnd: Digest = {
  ...quiet,
  span: spanOf('daily', '2026-11-30'),
  month: {
    name: '2026-11',
    soFar: amount(2_512),
    whole: undefined,
    gapHours: 0,
    isOver: true,
    before: amount(2_240),
  },
  days: daysTo('2026-11-30', 28, (n) => 80 + (n % 7)),
  isQuiet: false,
};
const week: Digest = {
  ...busy,
  span: spanOf('weekly', '2026-11-15'),
  coverage: coverage({ hoursAsked: 168, hoursWithData: 168 }),
  newcomers: [],
  incidents: [],
  days: daysTo('2026-11-15', 28, (n) => 60 + (n % 7)),
};
const noData: Digest = {
  ...quiet,
  total: { bytes: 0n, usd: '0.000000' },
  before: undefined,
  usual: undefined,
  destinations: [],
  coverage: coverage({ hoursWithData: 0, completeUntil: '2026-11-18T07:50:00Z', lowerBound: true }),
  isQuiet: false,
};

const place = { nowMs: NOW, rhythm };
const details = (digest: Digest): Message => digestDetails(digest) ?? { text: '', blocks: [] };

/** The digests whose goldens the issue names, and their threads. */
export const DIGEST_MESSAGES: Readonly<Record<string, Message>> = {
  'digest-quiet-day': digestMessage(quiet, place),
  'digest-quiet-nothing': digestMessage(
    { ...quiet, total: { bytes: 0n, usd: '0' }, before: { bytes: 0n, usd: '0' } },
    place,
  ),
  'digest-busy-day': digestMessage(busy, place),
  'digest-busy-day-thread': details(busy),
  'digest-first-day': digestMessage(first, place),
  'digest-day-with-gaps': digestMessage(gaps, place),
  'digest-month-end': digestMessage(monthEnd, place),
  'digest-week': digestMessage(week, { nowMs: NOW, rhythm: { ...rhythm, every: 'weekly' } }),
  'digest-no-data': digestMessage(noData, place),
  'digest-without-price': digestMessage(
    {
      ...busy,
      total: { bytes: busy.total.bytes },
      month: { ...busy.month, soFar: { bytes: busy.total.bytes }, whole: { bytes: busy.total.bytes } },
      destinations: busy.destinations.map(({ usd: _, ...rest }) => rest),
    },
    place,
  ),
  'digest-late': digestMessage(quiet, {
    ...place,
    lateSinceMs: NOW - 7_200_000,
    missed: ['2026-11-18', '2026-11-19'],
  }),
  'digest-test': digestMessage(quiet, { ...place, nextMs: NOW + DAY_MS }),
  'digest-asked-for': digestMessage(busy, { nowMs: NOW }),
};

const subscription: Subscription = {
  ...{ id: 'd1a2b3', team: 'payments', channel: 'C0123', owner: 'U0DANA001', homeId: 'T1' },
  ...rhythm,
  ...{ state: 'active', problem: undefined, settledMs: 0, nextMs: NOW + DAY_MS, createdMs: 0 },
};
const trouble = (given: DigestTrouble, change: Partial<Subscription> = {}) =>
  digestTroubleMessage({ ...subscription, ...change }, '2026-11-20', given);
const denied = new NetcostError('denied', 'One person in #payments may not see this, so nothing is posted there.');

/** What an owner is told of a digest that did not arrive, and the list of subscriptions. */
export const SUBSCRIPTION_MESSAGES: Readonly<Record<string, Message>> = {
  'digest-trouble-archived': trouble({ kind: 'failed', reason: 'is_archived' }),
  'digest-trouble-unknown-reason': trouble({ kind: 'failed', reason: 'something_new' }, { team: undefined }),
  'digest-trouble-blocks': trouble({ kind: 'failed', reason: 'invalid_blocks' }),
  'digest-trouble-unsure': trouble({ kind: 'unsure', reason: 'missing_scope' }),
  'digest-trouble-denied': trouble({ kind: 'denied', error: denied }),
  subscriptions: replyMessage(
    {
      kind: 'list',
      title: 'Subscriptions',
      entries: [
        subscriptionEntry(subscription, { channelName: '#payments', mayChange: true }),
        subscriptionEntry(
          { ...subscription, id: 'd4', team: undefined, every: 'weekly', state: 'paused', problem: 'It is archived.' },
          { channelName: '#cloud-costs', mayChange: true },
        ),
        subscriptionEntry(subscription, { channelName: '#payments', mayChange: false }),
      ],
      empty: '',
      notes: ['Order one: subscribe team=payments daily 09:00'],
    },
    { asked: { text: '' }, canShare: false },
  ),
  'subscriptions-none': replyMessage(
    { kind: 'list', title: 'Subscriptions', entries: [], empty: 'You have ordered no digest.', notes: [] },
    { asked: { text: '' }, canShare: false },
  ),
};

const long = (length: number) => '<!channel>&*_~`"\' '.repeat(Math.ceil(length / 18)).slice(0, length);

/** The same at their largest and their most hostile. */
export const LARGEST_DIGESTS: Readonly<Record<string, Message>> = (() => {
  const hostile: Digest = {
    ...busy,
    // A team's name stands in the questions of buttons too, as it is.
    team: `*&<b>_~${'t'.repeat(300)}`,
    destinations: Array.from({ length: 900 }, (_, n) => went(`${n} ${long(250)}`, 1e9, 1)),
    movers: Array.from({ length: 3 }, () => ({ ...busy.movers[0]!, team: long(250), name: long(250) })),
    newcomers: Array.from({ length: 3 }, () => ({ name: long(250), ...amount(1e9) })),
    incidents: Array.from({ length: 60 }, () => ({ title: long(2_000), openedMs: NOW })),
    coverage: coverage({
      hoursWithData: 1,
      skipDataRows: 9,
      lowerBound: true,
      gatewaysWithoutLogs: Array.from({ length: 90 }, () => long(99)),
    }),
  };
  return {
    'a digest': digestMessage(hostile, {
      ...place,
      lateSinceMs: NOW,
      nextMs: NOW,
      missed: ['2026-10-31', '2026-11-01', '2026-11-02'],
    }),
    'the thread of a digest': details(hostile),
    'a digest that did not arrive': trouble(
      { kind: 'denied', error: new NetcostError('denied', long(9_000), { hint: long(9_000) }) },
      { team: long(300) },
    ),
    'a hundred subscriptions': replyMessage(
      {
        kind: 'list',
        title: long(500),
        entries: Array.from({ length: 100 }, () =>
          subscriptionEntry(
            { ...subscription, team: `*&<b>_~${'t'.repeat(300)}`, state: 'paused', problem: long(3_000) },
            { channelName: long(90), mayChange: true },
          ),
        ),
        empty: '',
        notes: Array.from({ length: 30 }, () => long(900)),
      },
      { asked: { text: '' }, canShare: false },
    ),
  };
})();
