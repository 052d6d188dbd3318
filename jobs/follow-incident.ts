import { readKept } from '../src/slack/incident-view.js';
import { endIncident, VERDICT_MS } from '../src/state/incident-acts.js';
import { addNote } from '../src/state/incident-intake.js';
import { alertsOf } from '../src/state/incident-work.js';
import { changeIncident, type Incident } from '../src/state/incidents.js';
import type { Alert } from '../src/triage/alerts/alert.js';
import type { Diagnosis } from '../src/triage/report.js';
import type { Reading } from '../src/triage/sources.js';
import { judgeFix, USUAL_MS, verdictLine, watchExcess } from '../src/triage/watch.js';
import { DAY_MS, formatUsd, HOUR_MS } from '../src/units.js';
import { lacksFlowLogs, TRAIL_AGAIN } from './run-diagnosis.js';
import { delaysOf, type TriageDeps } from './triage-deps.js';

/** An open incident is watched this long; then somebody has to look. */
const WATCH_FOR_MS = 30 * DAY_MS;
/** Without data the verdict waits this much longer than a day. */
const VERDICT_GRACE_MS = 12 * HOUR_MS;

/**
 * Does what is due of an incident beside its diagnosis: late events, the end of a snooze, whether it goes on, what became
 * of a fix, the word to Cost Anomaly Detection. True where something changed. Each step is written with its effect, so
 * that it happens once whatever process does it.
 */
export async function followUp(deps: TriageDeps, incident: Incident): Promise<boolean> {
  const nowMs = deps.now();
  const isDue = (ms: number | null) => ms !== null && ms <= nowMs;
  if (incident.feedback !== null) {
    await sendFeedback(deps, incident, incident.feedback);
    return true;
  }
  if (isDue(incident.trailAgainMs)) {
    await changeIncident(deps.db, incident.id, nowMs, {
      trail_again_ms: null,
      ...(incident.diagnoseMs === null ? { diagnose_ms: nowMs, diagnose_why: TRAIL_AGAIN } : {}),
    });
    return true;
  }
  if (isDue(incident.snoozeUntilMs)) {
    await endSnooze(deps, incident, nowMs);
    return true;
  }
  if (incident.state === 'fixed' && isDue(incident.verdictMs)) {
    await giveVerdict(deps, incident, nowMs);
    return true;
  }
  if (isDue(incident.watchMs)) {
    await watch(deps, incident, nowMs);
    return true;
  }
  return false;
}

/** When the next follow-up is due; null where none is. */
export function nextFollowUp(incident: Incident): number | null {
  const moments = [
    incident.trailAgainMs,
    incident.snoozeUntilMs,
    incident.state === 'fixed' ? incident.verdictMs : null,
    incident.watchMs,
    incident.diagnoseMs,
  ].filter((ms): ms is number => ms !== null);
  return moments.length === 0 ? null : Math.min(...moments);
}

async function endSnooze(deps: TriageDeps, incident: Incident, nowMs: number): Promise<void> {
  if (incident.state === 'open') {
    const cost =
      incident.usdPerDay === null ? '' : `; when it was last diagnosed it cost ${formatUsd(incident.usdPerDay)} a day`;
    await addNote(deps.db, {
      incidentId: incident.id,
      slot: `snooze:${incident.snoozeUntilMs}`,
      atMs: nowMs,
      says: `The snooze is over and this is still open${cost}.`,
    });
  }
  await changeIncident(deps.db, incident.id, nowMs, {
    snooze_until_ms: null,
    state_by: null,
    ...(incident.state === 'open' && incident.diagnoseMs === null
      ? { diagnose_ms: nowMs, diagnose_why: 'the snooze is over' }
      : {}),
  });
}

/** Looks whether missing flow logs have arrived and whether the excess goes on. */
async function watch(deps: TriageDeps, incident: Incident, nowMs: number): Promise<void> {
  const { db } = deps;
  const delays = delaysOf(deps);
  const kept = readKept(incident.diagnosed);
  const stop = () => changeIncident(db, incident.id, nowMs, { watch_ms: null });
  if (incident.state !== 'open' || kept === null || nowMs - incident.openedMs > WATCH_FOR_MS) return stop();
  const lacks = lacksFlowLogs(kept.report);
  if (lacks && (await haveFlowLogs(deps, incident))) {
    await addNote(db, {
      incidentId: incident.id,
      slot: `flow-logs:${kept.run}`,
      atMs: nowMs,
      says: 'Flow logs of these gateways have arrived: the diagnosis runs again.',
    });
    return changeIncident(db, incident.id, nowMs, {
      watch_ms: nowMs + delays.watchMs,
      diagnose_ms: nowMs,
      diagnose_why: 'flow logs have arrived',
    });
  }
  const over = await findEnd(deps, incident, kept.report, nowMs);
  if (over !== null) return endIncident(db, incident, nowMs, over);
  return changeIncident(db, incident.id, nowMs, { watch_ms: nowMs + (lacks ? delays.flowLogsMs : delays.watchMs) });
}

async function haveFlowLogs(deps: TriageDeps, incident: Incident): Promise<boolean> {
  try {
    return await deps.live.haveFlowLogsArrived(incident.gateways, incident.diagnosedMs ?? incident.openedMs);
  } catch (error) {
    deps.log.warn('it could not be seen whether flow logs have arrived', { incident: incident.id, error });
    return false;
  }
}

/** The sentence that ends an incident; null where it goes on, or where nothing may be said. */
async function findEnd(deps: TriageDeps, incident: Incident, report: Diagnosis, nowMs: number): Promise<string | null> {
  if (incident.gateways.length === 0 || report.onset === null) return null;
  const onsetMs = Date.parse(report.onset.earliest);
  const bytes = await readBytes(deps, incident, { fromMs: onsetMs - USUAL_MS, toMs: nowMs });
  if (bytes.state !== 'read') return null;
  const found = watchExcess(bytes.value, onsetMs);
  if (found === null || found.state === 'ongoing') return null;
  const until = new Date(found.untilMs).toISOString().slice(0, 16).replace('T', ' ');
  return `It ended by itself: since ${until} UTC the gateways take no more than usual.`;
}

async function giveVerdict(deps: TriageDeps, incident: Incident, nowMs: number): Promise<void> {
  const { db } = deps;
  const fixedMs = incident.stateMs;
  const report = readKept(incident.diagnosed)?.report;
  const onsetMs = report?.onset ? Date.parse(report.onset.earliest) : incident.openedMs;
  const bytes: Reading<Parameters<typeof judgeFix>[0]> =
    incident.gateways.length === 0
      ? { state: 'absent', reason: 'no gateway of it is known' }
      : await readBytes(deps, incident, { fromMs: onsetMs - USUAL_MS, toMs: nowMs });
  const verdict = bytes.state === 'read' ? judgeFix(bytes.value, { onsetMs, fixedMs, nowMs }) : null;
  if (verdict === null && nowMs < fixedMs + VERDICT_MS + VERDICT_GRACE_MS && bytes.state !== 'absent') {
    await changeIncident(db, incident.id, nowMs, { verdict_ms: nowMs + HOUR_MS });
    return;
  }
  const says =
    verdict !== null
      ? verdictLine(verdict, incident.regions[0] ?? null)
      : `Marked as fixed a day ago; whether the bytes fell is not known: ${whyNot(bytes)}.`;
  await addNote(db, { incidentId: incident.id, slot: `verdict:${fixedMs}`, atMs: nowMs, says });
  await changeIncident(db, incident.id, nowMs, {
    verdict_ms: null,
    verdict: VERDICT_WORDS[verdict?.fell ?? 'unknown'],
    ...(verdict?.fell === 'not' ? { state: 'open', state_by: null, state_ms: nowMs, watch_ms: nowMs + HOUR_MS } : {}),
  });
}

const VERDICT_WORDS = {
  gone: 'the bytes fell, what was too much is gone',
  partly: 'the bytes fell, but not to the usual level',
  not: 'open again, for after a day the bytes had not fallen',
  unknown: 'whether the bytes fell is not known',
} as const;

function whyNot(bytes: Reading<unknown>): string {
  if (bytes.state === 'failed') return `CloudWatch could not be read (${bytes.error})`;
  if (bytes.state === 'absent') return bytes.reason;
  return 'too few hours have data';
}

async function readBytes(
  deps: TriageDeps,
  incident: Incident,
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<Reading<Parameters<typeof judgeFix>[0]>> {
  try {
    return await deps.live.readGatewayBytes(incident.gateways, window);
  } catch (error) {
    deps.log.warn('the bytes of gateways could not be read', { incident: incident.id, error });
    return { state: 'failed', error: error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown error' };
  }
}

const FEEDBACK_WORDS: Readonly<Record<string, string>> = {
  YES: 'a real issue',
  NO: 'not an issue',
  PLANNED_ACTIVITY: 'planned activity',
};

/** Tells Cost Anomaly Detection about each anomaly of the incident; says what came of it. An incident without one needs none. */
async function sendFeedback(deps: TriageDeps, incident: Incident, feedback: string): Promise<void> {
  const anomalies = (await alertsOf(deps.db, incident.id)).filter((alert) => alert.kind === 'cost-anomaly');
  const { accountIds = [] } = incident.alert as Partial<Alert>;
  let result: string | null = null;
  for (const { id } of anomalies.slice(0, MAX_FEEDBACK)) {
    try {
      await deps.live.sendAnomalyFeedback(id, accountIds[0], feedback as 'YES' | 'NO' | 'PLANNED_ACTIVITY');
      result = `Cost Anomaly Detection was told: ${FEEDBACK_WORDS[feedback] ?? feedback}.`;
    } catch (error) {
      deps.log.warn('cost anomaly detection did not take the feedback', { incident: incident.id, anomaly: id, error });
      result = `Cost Anomaly Detection could not be told: ${error instanceof Error ? error.message.split('\n')[0] : 'unknown error'}`;
      break;
    }
  }
  const nowMs = deps.now();
  await deps.db
    .updateTable('incidents')
    .set((eb) => ({ feedback: null, feedback_result: result, next_ms: nowMs, wake: eb('wake', '+', 1) }))
    .where('id', '=', incident.id)
    // A later decision has a word of its own.
    .where('feedback', '=', feedback)
    .execute();
}

/** A burst may hold hundreds; Cost Explorer is paid by the request. */
const MAX_FEEDBACK = 20;
