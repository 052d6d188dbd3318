import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, NetcostError } from '../src/errors.js';
import { changeBetween } from '../src/slack/diagnosis-blocks.js';
import { usdPerDayOf } from '../src/slack/incident-blocks.js';
import { type KeptDiagnosis, type Progress, type ProgressLine, readKept } from '../src/slack/incident-view.js';
import { showPost } from '../src/slack/thread-posts.js';
import { progressLinesMessage } from '../src/slack/thread-progress.js';
import { payloadOf } from '../src/state/incident-work.js';
import { changeIncident, type Incident } from '../src/state/incidents.js';
import { type Alert, plainAlert } from '../src/triage/alerts/alert.js';
import type { DiagnosisSubject, EvidenceArrival, LiveDiagnosed } from '../src/triage/live.js';
import type { Diagnosis } from '../src/triage/report.js';
import { MINUTE_MS } from '../src/units.js';
import { delaysOf, type TriageDeps } from './triage-deps.js';

/** The reason of the run that asks CloudTrail again: nobody is told that it begins. */
export const TRAIL_AGAIN = 'CloudTrail may know more by now';

const SOURCES = ['cloudwatch', 'flow-logs', 'cloudtrail', 'ec2', 'ecr', 'cost-explorer'] as const;
/** After a failure of ours or of somebody else's the diagnosis is tried again, this often. */
const MAX_TRIES = 3;

/**
 * Diagnoses an incident and keeps the result. The progress message follows the evidence. A failure is kept too, as
 * progress with its reason: a thread never ends in silence. Throws only what the state throws.
 */
export async function runDiagnosis(deps: TriageDeps, incident: Incident, signal: AbortSignal): Promise<void> {
  const { db, now, log } = deps;
  const isQuiet = incident.diagnoseWhy === TRAIL_AGAIN;
  const startedMs = now();
  const editor = createProgressEditor(deps, incident, {
    why: incident.diagnoseWhy,
    startedMs,
    endedMs: null,
    lines: SOURCES.map((source) => ({ source, state: 'asking' })),
  });
  if (!isQuiet) {
    await db
      .updateTable('incidents')
      .set({ progress: JSON.stringify(editor.progress()) })
      .where('id', '=', incident.id)
      .execute();
    editor.start();
  }
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(delaysOf(deps).diagnosisMs)]);
  try {
    const payload = await payloadOf(db, incident.id);
    const result = await deps.live.diagnose({
      subject: subjectOf(incident, payload),
      nowMs: startedMs,
      signal: deadline,
      onEvidence: editor.take,
    });
    await editor.stop();
    signal.throwIfAborted();
    await keepResult(deps, incident, result, isQuiet ? null : { ...editor.progress(), endedMs: now() });
    void saveEvidence(deps, incident, result);
  } catch (error) {
    await editor.stop();
    if (signal.aborted) throw error;
    log.error('a diagnosis failed', { incident: incident.id, error });
    await keepFailure(deps, incident, error, editor.progress());
  }
}

function subjectOf(incident: Incident, payload: string | undefined): DiagnosisSubject {
  const alert: Alert = {
    ...plainAlert('manual', incident.id, incident.title),
    ...(incident.alert as Partial<Alert>),
  };
  const { team } = incident.alert as { readonly team?: unknown };
  if (typeof team === 'string') return { kind: 'team', team };
  if (alert.kind === 'manual' && alert.id.startsWith('manual:last')) return { kind: 'last' };
  if (alert.kind === 'manual' && alert.natGatewayIds.length > 0)
    return { kind: 'nat', natGatewayIds: alert.natGatewayIds };
  return { kind: 'alert', alert, ...(payload === undefined ? {} : { payload }) };
}

async function keepResult(
  deps: TriageDeps,
  incident: Incident,
  result: LiveDiagnosed,
  progress: Progress | null,
): Promise<void> {
  const { db, now } = deps;
  const { report, chart, calls } = result;
  const delays = delaysOf(deps);
  const before = readKept(incident.diagnosed);
  const isTrail = incident.diagnoseWhy === TRAIL_AGAIN;
  const nowMs = now();
  // Each incident is asked about once more for late events: after its first diagnosis.
  const trailAgainMs = before === null ? nowMs + delays.trailAgainMs : incident.trailAgainMs;
  const kept: KeptDiagnosis = {
    report,
    chart,
    calls,
    bundle: deps.bundles === undefined ? null : incident.id,
    run: incident.runs + 1,
    atMs: nowMs,
    changed: changeBetween(before, report),
    trailAgainMs,
    isTrailDone: isTrail || before?.isTrailDone === true,
  };
  const gateways = [...new Set([...incident.gateways, ...report.alert.natGatewayIds])];
  const isOver = report.status.state === 'ended' && report.onset !== null;
  await changeIncident(db, incident.id, nowMs, {
    diagnosed: JSON.stringify(kept),
    diagnosed_ms: nowMs,
    runs: kept.run,
    gateways: JSON.stringify(gateways),
    teams: JSON.stringify(teamsIn(report)),
    usd_per_day: usdPerDayOf(report.causes),
    // From this moment on nobody else may read of it; that it is not so any more does not give it back.
    ...(report.security ? { is_security: 1 } : {}),
    trail_again_ms: trailAgainMs,
    watch_ms: nowMs + (lacksFlowLogs(report) ? delays.flowLogsMs : delays.watchMs),
    ...(progress === null ? {} : { progress: JSON.stringify(progress) }),
    ...(isOver && incident.state === 'open' ? { state: 'ended', state_by: null, state_ms: nowMs } : {}),
  });
  await db
    .updateTable('incidents')
    .set({ diagnose_ms: null, diagnose_why: null })
    .where('id', '=', incident.id)
    // What asked for a diagnosis meanwhile gets one.
    .where('diagnose_ms', '=', incident.diagnoseMs)
    .execute();
}

async function keepFailure(deps: TriageDeps, incident: Incident, error: unknown, progress: Progress): Promise<void> {
  const nowMs = deps.now();
  const tries = Number(/try (\d+)/.exec(incident.diagnoseWhy ?? '')?.[1] ?? 1);
  const isFinal = (error instanceof NetcostError && error.code === 'input') || tries >= MAX_TRIES;
  const failure: Progress = {
    ...progress,
    endedMs: nowMs,
    failure: `${describeError(error)} ${isFinal ? 'Press “Run again” to try once more.' : 'It is tried again in a few minutes.'}`,
  };
  await changeIncident(deps.db, incident.id, nowMs, {
    progress: JSON.stringify(failure),
    diagnose_ms: isFinal ? null : nowMs + tries * 2 * MINUTE_MS,
    diagnose_why: isFinal ? null : `the diagnosis failed, try ${tries + 1}`,
  });
}

/** The teams whose clients carry the causes, the first cause first; lower case, as rights compare them. */
function teamsIn(report: Diagnosis): readonly string[] {
  const byId = new Map(report.evidence.map((one) => [one.id, one]));
  const teams = report.causes.flatMap((cause) =>
    cause.evidence.flatMap((id) => {
      const value = byId.get(id)?.values.teams;
      return Array.isArray(value) ? value.filter((team): team is string => typeof team === 'string') : [];
    }),
  );
  return [...new Set(teams.map((team) => team.toLowerCase()).filter((team) => team !== 'unattributed'))];
}

/** Whether the diagnosis had no flow logs to look into: then it is run again once there are some. */
export function lacksFlowLogs(report: Diagnosis): boolean {
  const lines = report.evidence.filter((one) => one.source === 'flow-logs');
  return (
    (lines.length > 0 && lines.every((one) => one.status !== 'found')) ||
    report.causes.some((cause) => cause.fixes.some((fix) => fix.id === 'enable-flow-logs'))
  );
}

/** Keeps the evidence of the newest run on disk: what was seen lives no longer than the process otherwise. */
async function saveEvidence(deps: TriageDeps, incident: Incident, result: LiveDiagnosed): Promise<void> {
  if (deps.bundles === undefined) return;
  const folder = join(deps.bundles, incident.id);
  const next = join(deps.bundles, `.${incident.id}-${incident.runs + 1}`);
  try {
    await mkdir(deps.bundles, { recursive: true });
    await rm(next, { recursive: true, force: true });
    await mkdir(next);
    await result.save(next);
    await rm(folder, { recursive: true, force: true });
    const { rename } = await import('node:fs/promises');
    await rename(next, folder);
    await dropOldBundles(deps.bundles);
  } catch (error) {
    deps.log.warn('the evidence of an incident could not be saved', { incident: incident.id, error });
  }
}

const KEPT_BUNDLES = 50;

/** Ids of incidents begin with their moment, so their order by name is their order in time. */
async function dropOldBundles(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  for (const name of names.slice(0, Math.max(0, names.length - KEPT_BUNDLES)))
    await rm(join(folder, name), { recursive: true, force: true });
}

/** Shows each arrival as soon as Slack takes the next edit; what arrives meanwhile is one edit. */
function createProgressEditor(deps: TriageDeps, incident: Incident, first: Progress) {
  let progress = first;
  let isRunning = false;
  let isDirty = true;
  let work: Promise<void> = Promise.resolve();
  const run = async () => {
    while (isRunning && isDirty) {
      isDirty = false;
      await showPost(deps.thread, incident, 'progress', progressLinesMessage(progress)).catch((error: unknown) =>
        deps.log.warn('progress could not be shown', { incident: incident.id, error }),
      );
    }
  };
  const wake = () => {
    work = work.then(run);
  };
  return {
    progress: () => progress,
    start: () => {
      isRunning = true;
      wake();
    },
    take: (arrival: EvidenceArrival) => {
      const line: ProgressLine = {
        source: arrival.source,
        state: arrival.state,
        ...(arrival.why === undefined ? {} : { why: arrival.why }),
      };
      const isKnown = progress.lines.some(({ source }) => source === line.source);
      if (!isKnown && line.state === 'read') return;
      const others = progress.lines.map((each) => (each.source === line.source ? line : each));
      progress = { ...progress, lines: isKnown ? others : [...others, line] };
      isDirty = true;
      wake();
    },
    stop: async () => {
      isRunning = false;
      await work;
    },
  };
}
