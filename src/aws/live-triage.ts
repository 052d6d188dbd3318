import { NetcostError } from '../errors.js';
import { type Alert, plainAlert } from '../triage/alerts/alert.js';
import { alertOf } from '../triage/alerts/parse-alert.js';
import { attempt } from '../triage/bundle/files.js';
import { saveBundle } from '../triage/bundle/save-bundle.js';
import { diagnose } from '../triage/diagnose.js';
import { measureNat } from '../triage/evidence/nat-metrics.js';
import type { DiagnosisRequest, DiagnosisSubject, LiveTriage } from '../triage/live.js';
import { telling } from '../triage/telling.js';
import type { AwsAccess } from './access.js';
import { gatewaysOfChildren } from './alarms.js';
import { within } from './ask.js';
import { type CallCount, priceOfCalls } from './call-count.js';
import { provideFeedback } from './cost-explorer.js';
import { type LocalEvidence, openLiveEvidence } from './live-evidence.js';
import { findPlace } from './live-places.js';
import { createTrailReader } from './trail.js';
import { readHourlyBytes } from './triage-metrics.js';

/** What a live diagnosis works with. */
export interface LiveTriageDeps {
  readonly access: AwsAccess;
  readonly local: LocalEvidence;
  readonly elapsedMs: () => number;
  /** Between two calls to CloudTrail at one place; AWS's own limit where absent. */
  readonly trailGapMs?: number;
  /** Text of the last alert that arrived; undefined where none is known. */
  readonly lastPayload: () => Promise<string | undefined>;
  /** NAT gateways that a team's clients talk through. */
  readonly gatewaysOfTeam: (team: string, nowMs: number) => Promise<readonly string[]>;
  readonly haveFlowLogsArrived: LiveTriage['haveFlowLogsArrived'];
}

const CHILDREN_MS = 5_000;

/** A live diagnosis and what belongs to it, over the accounts of the config. */
export function openLiveTriage(deps: LiveTriageDeps): LiveTriage {
  const { access, local, elapsedMs } = deps;
  const trail = createTrailReader(access, elapsedMs, deps.trailGapMs);
  return {
    haveFlowLogsArrived: deps.haveFlowLogsArrived,
    diagnose: async (request) => {
      const startedMs = elapsedMs();
      const { payload, alert } = await subjectOf(deps, request);
      const { nowMs, signal } = request;
      const mustHave = request.subject.kind === 'nat';
      const { result, calls } = await access.counted(async () => {
        // The bundle keeps the alert as it came, so what its children tell is for finding the place alone.
        const children =
          alert.natGatewayIds.length > 0 ? [] : await gatewaysOfChildren(access, alert, within(CHILDREN_MS, signal));
        const pointed = children.length > 0 ? { ...alert, natGatewayIds: children } : alert;
        const found = await findPlace(access, pointed, { nowMs, signal, mustHave });
        const live = openLiveEvidence({ access, trail, local }, { found, alert, payload, nowMs, signal });
        const told = telling(live.sources, request.onEvidence);
        return { live, diagnosed: await diagnose(told, () => elapsedMs() - startedMs) };
      });
      if (signal.aborted) throw new NetcostError('cancelled', 'The diagnosis was stopped.');
      return {
        ...result.diagnosed,
        alert,
        calls: billOf(calls),
        save: async (folder) => saveBundle(folder, await result.live.seen()),
      };
    },
    readGatewayBytes: (natGatewayIds, window) =>
      attempt(async () => {
        const alert = { ...plainAlert('manual', 'bytes', 'bytes'), natGatewayIds };
        const { place } = await findPlace(access, alert, { nowMs: window.toMs, mustHave: true });
        const series = await readHourlyBytes(access, place, natGatewayIds, window);
        return measureNat(series)?.total ?? [];
      }),
    sendAnomalyFeedback: async (anomalyId, accountId, feedback) => {
      const account = access.accounts.find((one) => one.accountId === accountId) ?? access.accounts[0];
      if (account === undefined)
        throw new NetcostError('config', 'No AWS account is configured, so no feedback can be sent.');
      await provideFeedback(access, account.accountId, anomalyId, feedback);
    },
  };
}

/**
 * The text of the subject and the alert that it is read as, the one from the other, as it will be in the bundle too.
 * @throws NetcostError 'input' for `last` without a last alert, or a team without gateways.
 */
export async function subjectOf(
  deps: Pick<LiveTriageDeps, 'lastPayload' | 'gatewaysOfTeam'>,
  { subject, nowMs }: Pick<DiagnosisRequest, 'subject' | 'nowMs'>,
): Promise<{ readonly payload: string; readonly alert: Alert }> {
  if (subject.kind === 'alert') {
    return { alert: subject.alert, payload: subject.payload ?? subject.alert.title };
  }
  const payload = await payloadOf(deps, subject, nowMs);
  return { payload, alert: alertOf(payload) };
}

async function payloadOf(
  deps: Pick<LiveTriageDeps, 'lastPayload' | 'gatewaysOfTeam'>,
  subject: Exclude<DiagnosisSubject, { kind: 'alert' }>,
  nowMs: number,
): Promise<string> {
  if (subject.kind === 'nat') return `Diagnose ${subject.natGatewayIds.join(' ')}`;
  if (subject.kind === 'last') {
    // Without any alert the gateways whose bytes rose most are the last thing that happened.
    return (await deps.lastPayload()) ?? 'Diagnose what rose last';
  }
  const ids = await deps.gatewaysOfTeam(subject.team, nowMs);
  if (ids.length === 0) {
    throw new NetcostError('input', `No traffic of team ${subject.team} through a NAT gateway is known.`, {
      hint: 'Look at the name with netcost ask by=team, or name the gateway.',
    });
  }
  return `Diagnose team ${subject.team.replace(/\s+/g, ' ')}: ${ids.join(' ')}`;
}

function billOf(calls: readonly CallCount[]) {
  return {
    requests: calls.reduce((sum, { requests }) => sum + requests, 0),
    throttled: calls.reduce((sum, { throttled }) => sum + throttled, 0),
    usd: priceOfCalls(calls).toFixed(),
  };
}
