import { randomBytes } from 'node:crypto';
import { type Accepted, acceptAlert } from '../src/state/incident-intake.js';
import { claimIncident, dropLeases, nextWorkMs, releaseIncident, renewLease } from '../src/state/incident-work.js';
import { type Incident, readIncident } from '../src/state/incidents.js';
import type { Alert } from '../src/triage/alerts/alert.js';
import { usageKind } from '../src/triage/alerts/usage-types.js';
import type { OnAlert } from '../src/triage/live.js';
import { followUp, nextFollowUp } from './follow-incident.js';
import { runDiagnosis } from './run-diagnosis.js';
import { showThread } from './show-thread.js';
import { delaysOf, type TriageDeps } from './triage-deps.js';

export const name = 'triage-alerts';

/** A diagnosis that somebody asked for. */
export interface Asked {
  readonly alert: Alert;
  /** `team` of a question about a team. */
  readonly team?: string;
  readonly payload?: string;
  readonly channel?: string;
  readonly threadTs?: string;
}

export interface Triage {
  /** Takes an alert for good and sets off its thread. */
  readonly onAlert: OnAlert;
  /** The same for a person's wish: diagnosed at once, even where the alert is known. */
  readonly ask: (asked: Asked) => Promise<Accepted>;
  /** Looks for work now, as after a press of a button. */
  readonly kick: () => void;
  /** Takes up what an earlier process left behind. `alone`: no other process shares the state. */
  readonly start: (options: { readonly alone: boolean }) => Promise<void>;
  /** Takes no more work and waits for what is under way. */
  readonly stop: (graceMs?: number) => Promise<void>;
  /** Resolves when nothing is due and nothing under way. For tests and the demo. */
  readonly idle: () => Promise<void>;
  /** Incidents that are worked on now. */
  readonly active: () => number;
}

/** Threads are worked on side by side; Slack's pace and AWS's own limits hold them back. */
const SIDE_BY_SIDE = 8;
/** Work that fails is taken up again after this long. */
const AGAIN_MS = 30_000;
const MIN_SLEEP_MS = 250;
const MAX_SLEEP_MS = 30_000;

/**
 * The life of an alert: taken into the state, a thread in Slack, a diagnosis, follow-ups. Each step is written down
 * before the next, and each does nothing where it was done: whichever process comes after a crash goes on from there.
 */
export function createTriage(deps: TriageDeps): Triage {
  const { db, now, log } = deps;
  const { leaseMs } = delaysOf(deps);
  const worker = deps.newId();
  const active = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let isLooking = false;
  let isWanted = false;
  let timer: NodeJS.Timeout | undefined;

  function kick(): void {
    if (stopping.signal.aborted) return;
    isWanted = true;
    if (!isLooking) void look();
  }

  async function look(): Promise<void> {
    isLooking = true;
    clearTimeout(timer);
    try {
      while (isWanted && !stopping.signal.aborted) {
        isWanted = false;
        while (active.size < SIDE_BY_SIDE && !stopping.signal.aborted) {
          const incident = await claimIncident(db, worker, now(), leaseMs, new Set(active.keys()));
          if (incident === undefined) break;
          const work = workOn(incident).finally(() => {
            active.delete(incident.id);
            kick();
          });
          active.set(incident.id, work);
        }
      }
      await sleepUntilNext();
    } catch (error) {
      log.error('no incident could be taken up', { error });
      wakeIn(AGAIN_MS);
    } finally {
      isLooking = false;
      if (isWanted) kick();
    }
  }

  async function sleepUntilNext(): Promise<void> {
    const next = await nextWorkMs(db);
    if (next !== null) wakeIn(Math.min(MAX_SLEEP_MS, Math.max(MIN_SLEEP_MS, next - now())));
  }

  function wakeIn(ms: number): void {
    if (stopping.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(kick, ms);
    timer.unref();
  }

  async function workOn(claimed: Incident): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([stopping.signal, lost.signal]);
    const renewal = setInterval(() => {
      renewLease(db, claimed.id, worker, now(), leaseMs).then(
        (isOurs) => isOurs || lost.abort(),
        (error: unknown) => log.warn('a claim could not be renewed', { incident: claimed.id, error }),
      );
    }, leaseMs / 3);
    let { wake } = claimed;
    let nextMs: number | null = now() + AGAIN_MS;
    try {
      for (let incident: Incident | undefined = claimed; incident !== undefined; ) {
        signal.throwIfAborted();
        wake = incident.wake;
        const step = await takeStep(incident, signal);
        if (step.kind === 'rest') {
          nextMs = step.untilMs;
          break;
        }
        incident = await readIncident(db, claimed.id);
      }
    } catch (error) {
      if (!signal.aborted) log.error('an incident could not be worked on', { incident: claimed.id, error });
    } finally {
      clearInterval(renewal);
      await releaseIncident(db, { id: claimed.id, worker, wake, nextMs }).catch((error: unknown) =>
        log.warn('a claim could not be given back', { incident: claimed.id, error }),
      );
    }
  }

  /** One step of an incident: the thread first, then what is due. `rest`: nothing more until then. */
  async function takeStep(
    incident: Incident,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'again' } | { readonly kind: 'rest'; readonly untilMs: number | null }> {
    const shown = await showThread(deps, incident);
    if (shown.kind === 'changed') return { kind: 'again' };
    if (incident.diagnoseMs !== null && incident.diagnoseMs <= now()) {
      await runDiagnosis(deps, incident, signal);
      return { kind: 'again' };
    }
    if (await followUp(deps, incident)) return { kind: 'again' };
    const due = [nextFollowUp(incident), shown.laterMs].filter((ms): ms is number => ms !== null);
    return { kind: 'rest', untilMs: due.length === 0 ? null : Math.min(...due) };
  }

  const accept = async (given: Asked & { readonly isAsked: boolean }, nowMs: number): Promise<Accepted> => {
    const { alert } = given;
    // SQLite works in this thread: between two alerts of a storm people are answered.
    await new Promise((resolve) => setImmediate(resolve));
    const accepted = await acceptAlert(db, {
      alert,
      whole: given.team === undefined ? alert : { ...alert, team: given.team },
      isAboutNat: isAboutNat(alert) && given.team === undefined,
      payload: given.payload ?? null,
      nowMs,
      channel: given.channel ?? deps.channels.costs,
      ...(given.threadTs === undefined ? {} : { threadTs: given.threadTs }),
      isAsked: given.isAsked,
      newId: () => newIncidentId(nowMs),
    });
    log.info('an alert was taken', { alert: alert.id, outcome: accepted.outcome, incident: accepted.incident?.id });
    kick();
    return accepted;
  };

  return {
    onAlert: async (alert, receivedAtMs, payload) => {
      await accept({ alert, payload, isAsked: false }, receivedAtMs);
    },
    ask: (asked) => accept({ ...asked, isAsked: true }, now()),
    kick,
    start: async ({ alone }) => {
      if (alone) await dropLeases(db, now());
      kick();
    },
    stop: async (graceMs = 5_000) => {
      stopping.abort();
      clearTimeout(timer);
      let grace: NodeJS.Timeout | undefined;
      await Promise.race([
        Promise.allSettled([...active.values()]),
        new Promise<void>((resolve) => {
          grace = setTimeout(resolve, graceMs);
        }),
      ]);
      clearTimeout(grace);
    },
    idle: async () => {
      for (;;) {
        await Promise.allSettled([...active.values()]);
        const next = await nextWorkMs(db);
        if (active.size === 0 && !isLooking && (next === null || next > now())) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    active: () => active.size,
  };
}

/** Whether an alert may be about NAT gateways: budgets and bills of other things have threads of their own. */
function isAboutNat(alert: Alert): boolean {
  if (alert.natGatewayIds.length > 0 || alert.kind === 'detected') return true;
  if (alert.kind === 'budget' || alert.kind === 'manual') return false;
  return alert.usageTypes.length === 0
    ? alert.kind === 'cost-anomaly'
    : alert.usageTypes.some((type) => usageKind(type) !== 'other');
}

/** Sorts by its moment, and nobody guesses it: `t` and base 36 of the milliseconds, then random letters. */
function newIncidentId(nowMs: number): string {
  return `t${nowMs.toString(36)}${randomBytes(4).toString('hex')}`;
}
