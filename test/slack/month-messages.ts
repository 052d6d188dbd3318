import type { BudgetStanding } from '../../src/answers/budget.js';
import { judgeBudget } from '../../src/answers/budget.js';
import type { GatewayReading } from '../../src/answers/nat-metrics.js';
import { makeNatMetricsDigest } from '../../src/answers/nat-metrics-digest.js';
import { budgetMessage, budgetTroubleMessage } from '../../src/slack/budget-blocks.js';
import type { HomeFacts, HomeMonth } from '../../src/slack/home-facts.js';
import { settingsView } from '../../src/slack/home-settings-view.js';
import { homeView } from '../../src/slack/home-view.js';
import type { Message } from '../../src/slack/message.js';
import { natDigestMessages, noLogsMessage } from '../../src/slack/nat-digest-blocks.js';
import { DAY_MS, HOUR_MS } from '../../src/units.js';

// Budgets, the App Home and the digest of CloudWatch's metrics, for the goldens.

const NOW = Date.parse('2026-11-21T09:00:00Z');
const TODAY = Date.parse('2026-11-21T00:00:00Z');
const GIB = 1024n ** 3n;

function standing(usd: string, spent: string | undefined, whole: string | undefined, gapHours = 0): BudgetStanding {
  const amount = (value: string | undefined) => (value === undefined ? { bytes: GIB } : { bytes: GIB, usd: value });
  return judgeBudget(usd, {
    monthFromMs: Date.parse('2026-11-01T00:00:00Z'),
    monthToMs: Date.parse('2026-12-01T00:00:00Z'),
    soFar: amount(spent),
    whole: whole === undefined ? undefined : amount(whole),
    learntDays: 28,
    knownHours: 480,
    gapHours,
  });
}

const crossed = budgetMessage('payments', standing('500', '412.1', '640'), { kind: 'level', level: 80 });

const PERIOD = { fromMs: TODAY - DAY_MS, toMs: TODAY };
const hours = (of: (atMs: number) => number | undefined, fromMs = TODAY - 35 * DAY_MS) => {
  const points: { atMs: number; value: number }[] = [];
  for (let atMs = fromMs; atMs < NOW - HOUR_MS; atMs += HOUR_MS) {
    const value = of(atMs);
    if (value !== undefined) points.push({ atMs, value });
  }
  return points;
};
function gateway(
  id: string,
  downPerHour: (atMs: number) => number | undefined,
  more: Partial<GatewayReading> = {},
): GatewayReading {
  return {
    accountId: '111122223333',
    region: 'us-east-1',
    natGatewayId: id,
    up: hours(() => 3e8),
    down: hours(downPerHour),
    active: hours(() => 412),
    attempts: hours(() => 9_000),
    established: hours(() => 8_950),
    portErrors: hours(() => 0),
    ...more,
  };
}
function natDigest(gateways: readonly GatewayReading[], more: object = {}, period = PERIOD) {
  const read = {
    gateways,
    completeUntilMs: NOW - HOUR_MS,
    failures: [],
    incomplete: [],
    usd: '0.00021',
    requests: 4,
    ...more,
  };
  return natDigestMessages(makeNatMetricsDigest(read, period, NOW));
}
const isYesterday = (atMs: number) => atMs >= PERIOD.fromMs;
const busy = natDigest([
  gateway('nat-0a1b2c3d4e5f60001', (atMs) => (isYesterday(atMs) ? 28e9 : 4e9), {
    portErrors: hours((atMs) => (isYesterday(atMs) ? 2 : 0)),
  }),
  gateway('nat-0a1b2c3d4e5f60002', () => 2e9),
]);

export const MONTH_MESSAGES: Readonly<Record<string, Message>> = {
  'budget-80': crossed,
  'budget-used-up': budgetMessage(undefined, standing('500', '512.1', '640', 5.2), { kind: 'level', level: 100 }),
  'budget-forecast': budgetMessage('data platform', standing('500', '212.1', '640'), { kind: 'forecast' }),
  'budget-not-posted': budgetTroubleMessage('payments', 'C0123', { kind: 'failed', reason: 'not_in_channel' }, crossed),
  'budget-not-visible': budgetTroubleMessage(
    'payments',
    'C0123',
    { kind: 'denied', reason: 'One person in #general may not see this, so nothing is posted there.' },
    undefined,
  ),
  'budget-unsure': budgetTroubleMessage('payments', 'C0123', { kind: 'unsure', reason: 'no_look' }, crossed),
  'nat-digest-quiet': natDigest([gateway('nat-0a1b2c3d4e5f60001', () => 4e9)]).main,
  'nat-digest-busy': busy.main,
  'nat-digest-busy-thread': busy.thread!,
  'nat-digest-first-day': natDigest([
    gateway('nat-0a1b2c3d4e5f60001', () => 4e9, {
      up: hours(() => 1e8, PERIOD.fromMs),
      down: hours(() => 4e9, PERIOD.fromMs),
    }),
  ]).main,
  'nat-digest-gaps': natDigest(
    [
      gateway('nat-0a1b2c3d4e5f60001', (atMs) =>
        isYesterday(atMs) && atMs < PERIOD.fromMs + 5 * HOUR_MS ? undefined : 4e9,
      ),
      gateway('nat-0a1b2c3d4e5f60003', () => 4e9, { region: 'cn-north-1' }),
    ],
    {
      failures: [
        { accountId: '222233334444', region: 'eu-west-1', says: 'AWS does not allow cloudwatch:ListMetrics.' },
      ],
    },
  ).main,
  'nat-digest-team': noLogsMessage('payments', PERIOD),
  'nat-digest-none': natDigest([]).main,
  'nat-digest-week': natDigest(
    [gateway('nat-0a1b2c3d4e5f60001', (atMs) => (atMs >= TODAY - 7 * DAY_MS ? 6e9 : 4e9))],
    {},
    { fromMs: TODAY - 7 * DAY_MS, toMs: TODAY },
  ).main,
};

const month = (team: string | undefined, budget?: BudgetStanding): HomeMonth => ({
  team,
  soFar: { bytes: 9_158n * GIB, usd: '412.1' },
  whole: { bytes: 14_000n * GIB, usd: '640' },
  budget,
  knownHours: 480,
  gapHours: 0,
});
/** A home with something in every part. */
export const HOME_FACTS: HomeFacts = {
  nowMs: NOW,
  months: { value: [month(undefined), month('payments', standing('500', '412.1', '640')), month('search')] },
  incidents: {
    value: [{ title: 'NAT bytes of agents up ×15 since Thursday', openedMs: NOW - 44 * HOUR_MS, channel: 'C0123' }],
  },
  subscriptions: {
    value: [
      { title: 'payments, daily at 09:00 Europe/Berlin', channel: 'C0123', note: undefined },
      { title: 'All teams, weekly on Monday at 09:00 UTC', channel: 'U1', note: 'paused' },
    ],
  },
  health: { value: { completeUntil: '2026-11-21T08:55:00Z', source: 'Flow logs', problems: [] } },
};
const rights = { teams: 'all', roles: ['member'] } as const;
const settings = { teams: ['payments', 'search'], zone: 'Europe/Berlin' };

type View = { readonly type: string; readonly blocks: readonly unknown[] };

export const MONTH_VIEWS: Readonly<Record<string, View>> = {
  'view-home-full': homeView({ ...rights, facts: HOME_FACTS, settings }),
  'view-home-first': homeView({
    teams: 'all',
    roles: ['member'],
    facts: {
      ...HOME_FACTS,
      months: { value: [month(undefined)] },
      incidents: { value: [] },
      subscriptions: { value: [] },
    },
  }),
  'view-home-troubled': homeView({
    ...rights,
    settings,
    facts: {
      nowMs: NOW,
      months: { problem: 'The store could not answer. Try again in a moment.' },
      incidents: undefined,
      subscriptions: { problem: 'The subscriptions could not be read.' },
      health: {
        value: {
          completeUntil: '2026-11-20T20:05:00Z',
          source: 'Flow logs',
          problems: ['No new logs for 13 hours.', 'The job ingest-flow-logs failed last: access denied.'],
        },
      },
    },
  }),
  'view-home-empty-store': homeView({
    teams: ['payments'],
    roles: [],
    settings: { teams: [], zone: undefined },
    facts: {
      nowMs: NOW,
      months: {
        value: [
          {
            team: 'payments',
            soFar: { bytes: 0n, usd: '0' },
            whole: undefined,
            budget: undefined,
            knownHours: 0,
            gapHours: 489,
          },
        ],
      },
      incidents: undefined,
      subscriptions: undefined,
      health: { value: { completeUntil: null, source: 'Flow logs', problems: [] } },
    },
  }),
  'view-settings': settingsView(['data', 'payments', 'search'], settings),
};

const long = (length: number) => '<!channel>&*_~`"\' '.repeat(Math.ceil(length / 18)).slice(0, length);

export const LARGEST_MONTH_MESSAGES: Readonly<Record<string, Message>> = {
  'a budget of a long name': budgetMessage(long(300), standing('1', '999999999999', '9999999999999'), {
    kind: 'level',
    level: 100,
  }),
  'a budget trouble of a long name': budgetTroubleMessage(
    long(300),
    'C0123',
    { kind: 'failed', reason: long(300) },
    budgetMessage(long(300), standing('1', '2', '3'), { kind: 'forecast' }),
  ),
  ...Object.fromEntries(
    Object.entries(
      natDigest(
        Array.from({ length: 500 }, (_, index) =>
          gateway(`nat-${index}${long(200)}`, () => 4e9, { portErrors: hours(() => 1e9), region: long(60) }),
        ),
        {
          failures: Array.from({ length: 50 }, () => ({ accountId: long(12), region: long(30), says: long(2_000) })),
          incomplete: [long(900)],
        },
      ),
    ).map(([name, message]) => [`a nat digest of 500 gateways: ${name}`, message!]),
  ),
};

export const LARGEST_MONTH_VIEWS: Readonly<Record<string, View>> = {
  'a full home': homeView({
    teams: Array.from({ length: 500 }, () => long(60)),
    roles: ['member', 'admin', 'finance', 'security'],
    settings: { teams: Array.from({ length: 500 }, () => long(60)), zone: 'America/Argentina/ComodRivadavia' },
    facts: {
      nowMs: NOW,
      months: { value: Array.from({ length: 7 }, () => month(long(300), standing('1', '999999999', '99999999999'))) },
      incidents: { value: Array.from({ length: 99 }, () => ({ title: long(900), openedMs: 0, channel: 'C0123' })) },
      subscriptions: {
        value: Array.from({ length: 99 }, () => ({ title: long(900), channel: 'C0123', note: long(900) })),
      },
      health: {
        value: {
          completeUntil: '2026-11-20T20:05:00Z',
          source: 'Flow logs',
          problems: Array.from({ length: 99 }, () => long(900)),
        },
      },
    },
  }),
  'settings of a hundred teams': settingsView(
    Array.from({ length: 100 }, (_, index) => `${index}${'t'.repeat(60)}`),
    settings,
  ),
  'settings of too many teams': settingsView(
    Array.from({ length: 101 }, (_, index) => `${index}${'t'.repeat(60)}`),
    settings,
  ),
};
