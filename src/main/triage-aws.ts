import { pollAlerts } from '../../jobs/poll-alerts.js';
import type { Engine } from '../answers/open-engine.js';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { openLiveTriage, subjectOf } from '../aws/live-triage.js';
import { confirmSubscription } from '../aws/sns.js';
import { createCertificateReader } from '../aws/sns-certificate.js';
import { deleteMessage, queueOf, receive } from '../aws/sqs.js';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import { quoteValue } from '../query/question-words.js';
import { countIntake } from '../state/alert-intake.js';
import type { State } from '../state/open-state.js';
import { takeAlert } from '../triage/alerts/take-alert.js';
import type { LiveTriage, OnAlert } from '../triage/live.js';
import { accountsOf } from './accounts.js';
import { localEvidence } from './live-local.js';
import { type SnsRoute, snsRoute } from './sns-route.js';
import { openTriageThread } from './triage-thread.js';

/**
 * Live diagnosis over the accounts of a config. `keepLoopFree`: in a thread, for a process that answers others
 * meanwhile. `close` gives the connections back.
 */
export function openLive(
  config: Config,
  engine: Engine,
  parts: {
    readonly elapsedMs: () => number;
    readonly lastPayload: () => Promise<string | undefined>;
    readonly keepLoopFree?: true;
  },
): LiveTriage & { readonly access: AwsAccess; readonly close: () => Promise<void> } {
  const access = openAwsAccess(accountsOf(config.aws.accounts));
  const { lastPayload, elapsedMs } = parts;
  const subjects = {
    lastPayload,
    gatewaysOfTeam: (team: string, nowMs: number) => gatewaysOfTeam(engine, team, nowMs),
  };
  const live = openLiveTriage({
    ...{ access, elapsedMs, ...subjects },
    local: localEvidence(engine, config.data),
    haveFlowLogsArrived: async (natGatewayIds, sinceMs) => {
      const { knowledge, segments } = await engine.store.snapshot();
      const ids = new Set(knowledge.gateways.gateways.map(({ id }) => id));
      const isThere = natGatewayIds.length === 0 ? ids.size > 0 : natGatewayIds.some((id) => ids.has(id));
      return isThere && segments.some(({ lastMinute }) => lastMinute * 60_000 > sinceMs);
    },
  });
  const thread = parts.keepLoopFree ? openTriageThread(config) : undefined;
  const inThread: Partial<LiveTriage> = thread
    ? {
        readGatewayBytes: thread.readGatewayBytes,
        diagnose: async (request) =>
          request.subject.kind === 'nat'
            ? thread.diagnose(request)
            : thread.diagnose({ ...request, subject: { kind: 'alert', ...(await subjectOf(subjects, request)) } }),
      }
    : {};
  return {
    ...{ ...live, ...inThread, access },
    close: async () => {
      await thread?.close();
      access.close();
    },
  };
}

/** A week shows where a team's traffic goes; ten gateways are more than a team has. */
async function gatewaysOfTeam(engine: Engine, team: string, nowMs: number): Promise<readonly string[]> {
  const where = quoteValue({ value: team, negated: false });
  const { rows } = await engine.ask({ text: `team=${where} since=7d by=nat top=10`, nowMs });
  return rows.flatMap(({ key }) => (typeof key.nat === 'string' && key.nat.startsWith('nat-') ? [key.nat] : []));
}

export interface AlertIntake {
  /** The route of SNS's messages over HTTPS; empty where the config has none. */
  readonly routes: readonly SnsRoute[];
  readonly start: () => void;
  /** Takes no more, and waits for what is under way. */
  readonly stop: () => Promise<void>;
}

/** A message that is being taken is hidden from other replicas for so long; taking it is a write to the state. */
const HIDDEN_SECONDS = 120;

/** Alerts from the queue and from the webhook of a config, taken by `onAlert`. Nothing runs before `start`. */
export function bindIntake(
  config: Config,
  parts: {
    readonly access: AwsAccess;
    readonly state: State;
    readonly onAlert: OnAlert;
    readonly nowMs: () => number;
    readonly elapsedMs: () => number;
    readonly log: Log;
  },
): AlertIntake {
  const { access, state, onAlert, nowMs, elapsedMs, log } = parts;
  const { queue: url, topics, webhook } = config.triage;
  const take = (body: string) => takeAlert(body, { onAlert, topicArns: topics, nowMs: nowMs() });
  const confirm = (topicArn: string, token: string) => confirmSubscription(access, topicArn, token);
  const count: Parameters<typeof pollAlerts>[0]['count'] = (what, detail) =>
    countIntake(state.db, what, nowMs(), detail);
  const stop = new AbortController();
  let polling: Promise<void> | undefined;
  return {
    routes: webhook
      ? [
          snsRoute({
            topicArns: topics,
            take,
            confirm,
            count,
            db: state.db,
            nowMs,
            certificateAt: createCertificateReader(elapsedMs),
            log,
          }),
        ]
      : [],
    start: () => {
      if (url === undefined) return;
      const queue = queueOf(url);
      polling = pollAlerts(
        {
          receive: (signal) => receive(access, queue, { hiddenSeconds: HIDDEN_SECONDS, signal }),
          remove: (receipt) => deleteMessage(access, queue, receipt),
          take,
          confirm,
          count,
          log,
        },
        stop.signal,
      );
    },
    stop: async () => {
      stop.abort();
      await polling;
    },
  };
}
