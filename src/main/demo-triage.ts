import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../answers/reply.js';
import {
  agentsGatewayId,
  extendSideIncident,
  type SideName,
  sideGatewayId,
  turnOnFlowLogs,
  writeSideIncident,
} from '../demo/write-incident.js';
import { NetcostError } from '../errors.js';
import type { Log } from '../log.js';
import type { Job } from '../schedule.js';
import type { AccessRules } from '../slack/access.js';
import type { IncidentDesk } from '../slack/incident-desk.js';
import type { State } from '../state/open-state.js';
import { alertOf } from '../triage/alerts/parse-alert.js';
import type { DiagnosisSubject, LiveTriage } from '../triage/live.js';
import { HOUR_MS } from '../units.js';
import type { Alerts } from '../workspace/page-routes.js';
import { type BoundTriage, bindTriage, diagnoseWords, TRIAGE_JOB } from './triage.js';
import { openTriageThread } from './triage-thread.js';

/** The channels of the demo's cast. */
const COSTS = 'C0COSTS01';
const SECURITY = 'C0PAY0001';

/** Incidents that a button sets off: the demo's own, and two in worlds beside it. */
const CHOICES = [
  { id: 'warm-pool', label: 'An alert arrives' },
  { id: 'reader', label: 'An alert with a red herring' },
  { id: 'debug-logs', label: 'An alert without flow logs' },
] as const;
type ChoiceId = (typeof CHOICES)[number]['id'];

/** Between "no flow logs" and somebody turning them on. */
const FLOW_LOGS_AFTER_MS = 25_000;
const FLOW_LOGS_MS = 3 * HOUR_MS;

export interface DemoTriage {
  readonly alerts: Alerts;
  /** Binds it to the workspace once that runs. */
  readonly bind: (slack: { readonly botToken: string; readonly apiUrl: string }) => IncidentDesk;
  readonly command: Command;
  readonly job: Job;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** When somebody marked the demo's own incident as fixed: it ends there. */
  readonly endedMs: () => number | undefined;
}

/**
 * Triage in the demo: recorded evidence in place of AWS, made from the demo's ledgers. What is marked as fixed ends in
 * its ledger, so that the bytes of the next day show it.
 */
export function prepareDemoTriage(parts: {
  readonly dir: string;
  readonly state: State;
  readonly access: AccessRules;
  readonly teams: () => Promise<readonly string[]>;
  readonly nowMs: () => number;
  readonly log: Log;
  /** Posts as a person of the cast. */
  readonly say: (channel: string, threadTs: string, text: string) => void;
}): DemoTriage {
  const { dir, nowMs } = parts;
  const startedMs = nowMs();
  const folderOfSide = (name: SideName) => join(dir, 'beside', name);
  const sides = new Map<SideName, { readonly payload: Promise<string>; readonly beganAtMs: number }>();
  const byAlert = new Map<string, ChoiceId>();
  const ended = new Map<ChoiceId, number>();
  const lastRun = new Map<ChoiceId, number>();
  let bound: BoundTriage | undefined;

  const side = (name: SideName) => {
    const known = sides.get(name);
    if (known !== undefined) return known;
    const beganAtMs = nowMs();
    const made = { beganAtMs, payload: writeSideIncident(name, { dir: folderOfSide(name), nowMs: beganAtMs }) };
    sides.set(name, made);
    return made;
  };
  const gateways = new Map<string, SideName>([
    [sideGatewayId('reader', startedMs), 'reader'],
    [sideGatewayId('debug-logs', startedMs), 'debug-logs'],
  ]);
  const choiceOf = (subject: DiagnosisSubject): ChoiceId => {
    if (subject.kind === 'alert') {
      const known = byAlert.get(subject.alert.id);
      if (known !== undefined) return known;
    }
    const ids =
      subject.kind === 'nat' ? subject.natGatewayIds : subject.kind === 'alert' ? subject.alert.natGatewayIds : [];
    return ids.flatMap((id) => gateways.get(id) ?? [])[0] ?? 'warm-pool';
  };
  /** The folder of an incident, as it is by now. */
  const folderOf = async (choice: ChoiceId): Promise<string> => {
    if (choice === 'warm-pool') return dir;
    const { beganAtMs, payload } = side(choice);
    await payload;
    if (nowMs() - beganAtMs > HOUR_MS)
      await extendSideIncident(choice, {
        dir: folderOfSide(choice),
        beganAtMs,
        nowMs: nowMs(),
        endsMs: ended.get(choice),
      });
    return folderOfSide(choice);
  };
  const replay = openTriageThread(undefined, async (subject) => folderOf(choiceOf(subject)));
  const live: LiveTriage = {
    readGatewayBytes: replay.readGatewayBytes,
    sendAnomalyFeedback: async () => {},
    diagnose: async (request) => {
      const choice = choiceOf(request.subject);
      const result = await replay.diagnose(request);
      lastRun.set(choice, nowMs());
      return result;
    },
    haveFlowLogsArrived: async (natGatewayIds) => {
      const choice = choiceOf({ kind: 'nat', natGatewayIds });
      const ranMs = lastRun.get(choice);
      if (choice !== 'debug-logs' || ranMs === undefined || nowMs() - ranMs < FLOW_LOGS_AFTER_MS) return false;
      const folder = folderOfSide(choice);
      if (!existsSync(join(folder, 'flow-logs'))) {
        await tellThread(
          natGatewayIds,
          'I applied the Terraform: flow logs are on. (The demo does not wait: three hours of them are there at once.)',
        );
        const { beganAtMs } = side(choice);
        await turnOnFlowLogs(choice, { dir: folder, beganAtMs, nowMs: nowMs(), sinceMs: FLOW_LOGS_MS });
      }
      return true;
    },
  };

  async function tellThread(natGatewayIds: readonly string[], text: string): Promise<void> {
    const rows = await parts.state.db
      .selectFrom('incident_posts')
      .innerJoin('incidents', 'incidents.id', 'incident_posts.incident_id')
      .select(['incident_posts.channel', 'incident_posts.ts', 'incidents.gateways'])
      .where('incident_posts.slot', '=', 'parent')
      .execute();
    const row = rows.find(({ gateways: list }) => natGatewayIds.some((id) => list.includes(id)));
    if (row !== undefined) parts.say(row.channel, row.ts, text);
  }

  const alerts: Alerts = {
    choices: CHOICES,
    arrive: async (id) => {
      const choice = CHOICES.find((each) => each.id === id)?.id ?? 'warm-pool';
      const payload =
        choice === 'warm-pool' ? await readFile(join(dir, 'alert.json'), 'utf8') : await side(choice).payload;
      const alert = alertOf(payload);
      byAlert.set(alert.id, choice);
      // A bill names no gateway, and would join whatever is open in its account: here each button has its own thread.
      const natGatewayIds = choice === 'warm-pool' ? [agentsGatewayId(startedMs)] : alert.natGatewayIds;
      // Pressed again it is the same anomaly with news: its thread is updated.
      await bound?.onAlert({ ...alert, natGatewayIds, sentAtMs: nowMs() }, nowMs(), payload);
      return COSTS;
    },
  };
  const ready = (): BoundTriage => {
    if (bound === undefined) throw new NetcostError('internal', 'Triage is not bound to the workspace yet.');
    return bound;
  };
  return {
    alerts,
    endedMs: () => ended.get('warm-pool'),
    command: { ...diagnoseWords, handle: (call) => ready().command.handle(call) },
    job: { ...TRIAGE_JOB, run: (signal) => ready().job.run(signal) },
    start: () => ready().start(),
    stop: async () => {
      await bound?.stop();
      await replay.close();
    },
    bind: (slack) => {
      const made = bindTriage({
        ...slack,
        state: parts.state,
        live,
        settings: {
          channel: COSTS,
          securityChannel: SECURITY,
          mentions: { agents: 'U0MIGUEL1', checkout: 'U0PRIYA01', payments: 'U0DANA001' },
          bundles: join(dir, 'bundles'),
        },
        access: parts.access,
        teams: parts.teams,
        nowMs,
        log: parts.log,
        delays: { flowLogsMs: 5_000 },
      });
      bound = {
        ...made,
        desk: {
          ...made.desk,
          decide: async (incident, decision, userId) => {
            if (decision.kind === 'fixed')
              ended.set(choiceOf({ kind: 'nat', natGatewayIds: incident.gateways }), nowMs());
            await made.desk.decide(incident, decision, userId);
          },
        },
      };
      return bound.desk;
    },
  };
}
