import { detectAnomalies, type Watched } from '../../jobs/detect-anomalies.js';
import type { Engine } from '../answers/open-engine.js';
import type { AwsAccess, AwsPlace } from '../aws/access.js';
import { listGateways, readHourlyBytes } from '../aws/triage-metrics.js';
import type { Config } from '../config.js';
import { describeError } from '../errors.js';
import { natProcessingUsd } from '../pricing/nat-processing.js';
import { quoteValue } from '../query/question-words.js';
import { beganOf } from '../state/alert-intake.js';
import type { State } from '../state/open-state.js';
import { gatewaySeries } from '../triage/evidence/nat-series.js';
import type { OnAlert } from '../triage/live.js';
import { BYTES_PER_BILLED_GB, DAY_MS, HOUR_MS } from '../units.js';
import { teamsOf } from './bind.js';

/** Four weeks and more show what an hour of a weekday usually is. */
const GATEWAY_HISTORY_MS = 42 * DAY_MS;
const TEAM_HISTORY_MS = 28 * DAY_MS;
/** A question for each team: a scan of the store takes some tens of milliseconds. */
const MOST_TEAMS = 200;

/** The hourly job that looks for anomalies itself, over the accounts of a config and the teams of the store. */
export function detectJob(
  config: Config,
  parts: {
    readonly access: AwsAccess;
    readonly engine: Engine;
    readonly state: State;
    readonly onAlert: OnAlert;
    readonly nowMs: () => number;
  },
) {
  const { access, engine, state, onAlert, nowMs } = parts;
  const { when, gatewayUsdPerDay, teamUsdPerDay } = config.triage.detect;
  return detectAnomalies({
    when,
    floorUsdPerDay: { gateway: gatewayUsdPerDay, team: teamUsdPerDay },
    beganOf: (subject, fromMs, atMs) => beganOf(state.db, subject, fromMs, atMs),
    onAlert,
    nowMs,
    watched: async (atMs, signal) => {
      const notes: string[] = [];
      const gateways = await Promise.all(
        access.places.map((place) =>
          gatewaysAt(access, place, atMs, signal).catch((error: unknown): Watched[] => {
            notes.push(describeError(error));
            return [];
          }),
        ),
      );
      const teams = await teamsAt(engine, atMs, signal).catch((error: unknown): Watched[] => {
        notes.push(describeError(error));
        return [];
      });
      return { series: [...gateways.flat(), ...teams], notes };
    },
  });
}

async function gatewaysAt(access: AwsAccess, place: AwsPlace, nowMs: number, signal: AbortSignal): Promise<Watched[]> {
  const ids = await listGateways(access, place, signal);
  // The hour that is not over yet is not judged.
  const toMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const series = await readHourlyBytes(access, place, ids, { fromMs: toMs - GATEWAY_HISTORY_MS, toMs }, signal);
  return gatewaySeries(series).map((gateway) => ({
    kind: 'gateway',
    subject: gateway.id,
    ...place,
    natGatewayIds: [gateway.id],
    hours: gateway.bytes,
    usdPerByte: usdPerByte(place.region),
  }));
}

async function teamsAt(engine: Engine, nowMs: number, signal: AbortSignal): Promise<Watched[]> {
  const toMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const watched: Watched[] = [];
  for (const team of teamsOf(engine).slice(0, MOST_TEAMS)) {
    signal.throwIfAborted();
    const ask = (rest: string) =>
      engine.ask({
        text: `team=${quoteValue({ value: team, negated: false })} since=${TEAM_HISTORY_MS / DAY_MS}d ${rest}`,
        nowMs,
      });
    const hours = await ask('by=hour top=1000');
    if (hours.rows.length === 0) continue;
    const gateways = await ask('by=nat top=10');
    const ids = gateways.rows.flatMap(({ key }) => (typeof key.nat === 'string' ? [key.nat] : []));
    const total = Number(hours.total.bytes);
    watched.push({
      kind: 'team',
      subject: team,
      accountId: undefined,
      region: undefined,
      natGatewayIds: ids.filter((id) => id.startsWith('nat-')),
      hours: hours.rows
        .map(({ key, bytes }) => ({ atMs: Date.parse(String(key.hour)), value: Number(bytes) }))
        .filter(({ atMs }) => atMs < toMs),
      // What the team's bytes cost on the whole, by the Regions of its gateways.
      usdPerByte: hours.total.usd === undefined || total === 0 ? undefined : Number(hours.total.usd) / total,
    });
  }
  return watched;
}

function usdPerByte(region: string): number | undefined {
  const usd = natProcessingUsd(BigInt(BYTES_PER_BILLED_GB), region);
  return usd === undefined ? undefined : usd.toNumber() / BYTES_PER_BILLED_GB;
}
