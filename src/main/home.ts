import { judgeBudget } from '../answers/budget.js';
import { teamFilter } from '../answers/digest-span.js';
import { readKnownHours, readMonth } from '../answers/month-so-far.js';
import type { NatMetricsDigest } from '../answers/nat-metrics-digest.js';
import type { Engine } from '../answers/open-engine.js';
import { describeError, NetcostError } from '../errors.js';
import type { Log } from '../log.js';
import {
  type HomeAsker,
  type HomeDeps,
  type HomeHealth,
  type HomeIncident,
  type HomeMonth,
  type HomeSubscription,
  homeTeams,
  type Part,
} from '../slack/home-facts.js';
import { subscriptionTitle } from '../slack/subscription-entries.js';
import { readBudgets } from '../state/budgets.js';
import { openIncidents } from '../state/incidents.js';
import { readJobResults } from '../state/job-results.js';
import type { State } from '../state/open-state.js';
import { readPersonalSettings, writePersonalSettings } from '../state/personal-settings.js';
import { listSubscriptions } from '../state/subscriptions.js';
import { DAY_MS, formatAge, HOUR_MS, isoTime } from '../units.js';
import type { NatMetrics } from './nat-metrics.js';
import type { NotCounted } from './not-counted.js';

export interface HomeParts {
  readonly engine: Engine;
  readonly state: State;
  readonly nowMs: () => number;
  readonly log: Log;
  /** Whether anybody watches for incidents. */
  readonly watches: boolean;
  /** Where no flow logs are read: what CloudWatch knows. */
  readonly natMetrics?: Pick<NatMetrics, 'makeNatDigest'> | undefined;
  readonly notCounted?: NotCounted;
}

/** More months than this are no page for a phone. */
const MOST_MONTHS = 7;
/** AWS delivers within ten minutes or so; after hours without logs something is broken. */
const LATE_MS = 2 * HOUR_MS;

/** What the App Home shows, read when it is opened. */
export function bindHome(parts: HomeParts): HomeDeps {
  const { state, nowMs } = parts;
  return {
    readSettings: (userId) => readPersonalSettings(state.db, userId),
    writeSettings: (userId, settings) => writePersonalSettings(state.db, userId, settings),
    facts: async (asker) => {
      const [months, incidents, subscriptions, health] = await Promise.all([
        part(parts, readMonths(parts, asker)),
        parts.watches ? part(parts, readIncidents(parts, asker)) : undefined,
        part(parts, readSubscriptions(parts, asker)),
        part(parts, readHealth(parts)),
      ]);
      return { nowMs: nowMs(), months, incidents, subscriptions, health };
    },
  };
}

async function readMonths(parts: HomeParts, asker: HomeAsker): Promise<readonly HomeMonth[]> {
  const { engine, state, nowMs, natMetrics } = parts;
  const atMs = nowMs();
  const why = parts.notCounted?.();
  // What is not counted has no figure, not even none: CloudWatch's, of all gateways together, is all there is.
  const teams = homeTeams(asker, MOST_MONTHS).filter(
    (team) => why === undefined || (team === undefined && natMetrics !== undefined),
  );
  if (teams.length === 0 && why !== undefined) throw why;
  const budgets = new Map((await readBudgets(state.db)).map((one) => [one.team?.toLowerCase() ?? '', one]));
  const knownHours = await readKnownHours(engine.store, atMs);
  const months: HomeMonth[] = [];
  // One after the other: people's questions come first.
  for (const team of teams) {
    const month =
      natMetrics !== undefined && team === undefined
        ? (await readYesterday(natMetrics, atMs)).month
        : await readMonth({ ask: (input) => engine.ask(input), knownHours }, teamFilter(team).trim(), atMs);
    const budget = budgets.get(team?.toLowerCase() ?? '');
    months.push({ team, ...month, budget: budget === undefined ? undefined : judgeBudget(budget.usd, month) });
  }
  return months;
}

async function readIncidents({ state }: HomeParts, { caller }: HomeAsker): Promise<readonly HomeIncident[]> {
  const withSecurity = caller.roles.some((role) => role === 'security' || role === 'admin');
  return openIncidents(state.db, caller.teams, { withSecurity });
}

async function readSubscriptions({ state }: HomeParts, { userId }: HomeAsker): Promise<readonly HomeSubscription[]> {
  const own = (await listSubscriptions(state.db)).filter(({ owner }) => owner === userId);
  return own.map((one) => {
    const paused = one.state === 'paused' ? 'paused' : undefined;
    return { title: subscriptionTitle(one), channel: one.channel, note: one.problem ?? paused };
  });
}

function readYesterday({ makeNatDigest }: Pick<NatMetrics, 'makeNatDigest'>, nowMs: number): Promise<NatMetricsDigest> {
  const toMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return makeNatDigest({ period: { fromMs: toMs - DAY_MS, toMs }, nowMs });
}

async function readHealth(parts: HomeParts): Promise<HomeHealth> {
  const { engine, state, nowMs, natMetrics } = parts;
  const atMs = nowMs();
  if (natMetrics !== undefined) {
    const { completeUntilMs, gaps } = await readYesterday(natMetrics, atMs);
    const teams =
      parts.notCounted?.() === undefined
        ? 'Without flow logs nothing is known of teams and destinations.'
        : 'Teams and destinations are not counted here: ask, and Athena reads the flow logs for it.';
    return { completeUntil: isoTime(completeUntilMs), source: 'CloudWatch metrics', problems: [...gaps, teams] };
  }
  const failed = (await readJobResults(state.db)).filter(({ outcome }) => outcome !== 'ok');
  const failures = failed.map(({ name, detail }) => `The job ${name} failed last: ${detail}`);
  const why = parts.notCounted?.();
  if (why !== undefined)
    return { completeUntil: null, source: 'Flow logs', instead: why.message, problems: [why.hint ?? '', ...failures] };
  const { coverage } = await engine.ask({ text: 'since=24h', nowMs: atMs });
  const { completeUntil, gatewaysWithoutLogs, hoursAsked, hoursWithData, skipDataRows } = coverage;
  const lateMs = completeUntil === null ? 0 : atMs - Date.parse(completeUntil);
  const without = gatewaysWithoutLogs.length;
  return {
    completeUntil,
    source: 'Flow logs',
    problems: [
      ...(lateMs > LATE_MS ? [`No new logs for ${formatAge(lateMs)}.`] : []),
      ...(completeUntil !== null && lateMs <= LATE_MS && hoursWithData < hoursAsked - 1
        ? [`${hoursAsked - hoursWithData} of the last ${hoursAsked} hours have no logs.`]
        : []),
      ...(skipDataRows > 0 ? ['AWS skipped records in the last 24 hours: figures are a lower bound.'] : []),
      ...(without > 0
        ? [`${without === 1 ? '1 gateway has' : `${without} gateways have`} no flow log, as ${gatewaysWithoutLogs[0]}.`]
        : []),
      ...failures,
    ],
  };
}

/** A part that fails says so in its place; what is no failure of a known kind is logged. */
async function part<T>({ log }: HomeParts, reading: Promise<T>): Promise<Part<T>> {
  try {
    return { value: await reading };
  } catch (error) {
    if (!(error instanceof NetcostError)) log.error('a part of the home could not be read', { error });
    return { problem: describeError(error) };
  }
}
