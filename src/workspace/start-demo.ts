import { randomBytes, randomUUID } from 'node:crypto';
import { QUESTION_KEYS } from '../query/question-keys.js';
import type { IncidentDesk } from '../slack/incident-desk.js';
import { createSlackApp, type SlackApp } from '../slack/slack-app.js';
import type { SlackDeps } from '../slack/slack-deps.js';
import type { Cast } from './cast.js';
import type { Alerts, Completions } from './page-routes.js';
import { startWorkspace, type Workspace } from './workspace-server.js';

/** The scopes of manifest.yml; test/manifest.test.ts holds the two together. */
export const BOT_SCOPES = [
  'app_mentions:read',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'groups:read',
  'im:history',
  'im:write',
  'usergroups:read',
  'users:read',
] as const;

/** The scopes under bot_optional: with them netcost finds a message of its own after a lost reply. */
export const OPTIONAL_SCOPES = ['channels:history', 'groups:history'] as const;

export interface DemoOptions {
  /** Of the page; 0 takes a free one. */
  readonly port: number;
  readonly slack: Omit<SlackDeps, 'newId'>;
  /** Incidents, bound to the workspace once it runs. */
  readonly triage?: (slack: { readonly botToken: string; readonly apiUrl: string }) => IncidentDesk;
  /** Words that the page completes and shows, as `team` names; optional. */
  readonly teams?: readonly string[];
  readonly verbs?: Completions['verbs'];
  readonly transport?: 'http' | 'socket';
  /** Makes it tomorrow morning: the button of the page. */
  readonly tomorrow?: () => Promise<void>;
  /** Alerts that a button of the page sets off. */
  readonly alerts?: Alerts;
  readonly cast?: Cast;
  /** Made anew for each run where absent. */
  readonly signingSecret?: string;
  readonly scopes?: readonly string[];
}

export interface Demo {
  /** Address of the page: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly workspace: Workspace;
  readonly slack: SlackApp;
  /** For what posts by itself; it is worth nothing outside of this run. */
  readonly botToken: string;
  /** Where the bot takes Slack's requests; undefined in Socket Mode. */
  readonly botUrl: string | undefined;
  readonly stop: () => Promise<void>;
}

/**
 * Runs the real bot against the local workspace, on the loopback address alone, with secrets made for this run.
 * Nothing here knows where answers come from: `slack.dispatch` does.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const secret = (prefix: string) => `${prefix}-${randomBytes(18).toString('hex')}`;
  const botToken = secret('xoxb-local');
  const appToken = secret('xapp-local');
  const signingSecret = options.signingSecret ?? `local-${randomBytes(16).toString('hex')}`;
  const mode = options.transport ?? 'http';
  const workspace = await startWorkspace({
    botToken,
    appToken,
    signingSecret,
    now: options.slack.now,
    transport: mode,
    port: options.port,
    scopes: options.scopes ?? [...BOT_SCOPES, ...OPTIONAL_SCOPES],
    completions: completionsOf(options.teams ?? [], options.verbs ?? []),
    examples: [
      '/netcost since=24h by=team',
      '/netcost since=7d by=service',
      '/netcost since=7d by=day',
      '/netcost help',
    ],
    tomorrow: options.tomorrow,
    alerts: options.alerts,
    ...(options.cast === undefined ? {} : { cast: options.cast }),
  });
  const slack = createSlackApp(
    {
      botToken,
      apiUrl: workspace.apiUrl,
      transport: mode === 'http' ? { mode, signingSecret, port: 0, host: '127.0.0.1' } : { mode, appToken },
    },
    {
      ...options.slack,
      newId: () => randomUUID().slice(0, 8),
      triage: options.triage?.({ botToken, apiUrl: workspace.apiUrl }) ?? options.slack.triage,
    },
  );
  try {
    const port = await slack.start();
    const botUrl = port === undefined ? undefined : `http://127.0.0.1:${port}/slack/events`;
    if (botUrl !== undefined) workspace.connectBot(botUrl);
    return {
      url: workspace.origin,
      workspace,
      slack,
      botToken,
      botUrl,
      stop: async () => {
        await slack.stop(0);
        await workspace.stop();
      },
    };
  } catch (error) {
    await workspace.stop();
    throw error;
  }
}

function completionsOf(teams: readonly string[], verbs: Completions['verbs']): Completions {
  const groups = QUESTION_KEYS.filter((each) => each.groups && each.key !== 'label.NAME').map((each) => each.key);
  const values: Readonly<Record<string, readonly string[]>> = {
    team: [...teams, 'unattributed'],
    since: ['1h', '24h', '7d', '4w', 'today', 'yesterday', 'week', 'month', 'lastmonth'],
    by: groups,
    compare: ['previous', 'lastweek'],
    top: ['5', '10', '20', '50'],
    direction: ['up', 'down'],
    crossaz: ['yes', 'no'],
    protocol: ['tcp', 'udp'],
  };
  // What nearly every question has comes first; the others follow in the order of the table.
  const rank = (key: string) => ['team', 'since', 'by', 'service'].indexOf(key) >>> 0;
  const typed = QUESTION_KEYS.filter((each) => each.filters || !each.groups).sort((a, b) => rank(a.key) - rank(b.key));
  return {
    verbs,
    keys: typed.map(({ key, says }) => ({ word: key.replace('NAME', ''), says, values: values[key] ?? [] })),
  };
}
