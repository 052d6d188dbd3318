import { type Config, type Environment, loadConfig, requireSecrets } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import type { Log } from '../log.js';
import { type CheckLine, checkSlack } from '../slack/check-slack.js';
import { createSlackClient } from '../slack/slack-client.js';
import { openState, type StateDb } from '../state/open-state.js';
import { BOT_SCOPES, OPTIONAL_SCOPES } from '../workspace/start-demo.js';
import { checkData } from './check-data.js';
import { checkNetbox } from './check-owners.js';

/** What `netcost check` says of config, data, state, secrets and Slack: one line each, with the fix. */
export async function runCheck(
  path: string,
  env: Environment,
  surroundings: { readonly log: Log; readonly nowMs: () => number; readonly signal?: AbortSignal },
  options: {
    readonly withTestAlert?: boolean;
    readonly slackApiUrl?: string;
    readonly secrets?: ReturnType<typeof requireSecrets>;
  } = {},
): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  const note = (subject: string, error: unknown): void => {
    const known = error instanceof NetcostError ? error : new NetcostError('internal', describeError(error));
    lines.push({ ok: false, subject, says: known.message, ...(known.hint === undefined ? {} : { fix: known.hint }) });
  };
  let config: Config;
  try {
    config = loadConfig(path);
    lines.push({ ok: true, subject: 'Config', says: path });
  } catch (error) {
    note('Config', error);
    return lines;
  }
  lines.push(...(await checkData(config)), ...(await checkNetbox(config, env)));
  if (config.aws.accounts.length > 0 || config.data.buckets.length > 0) {
    const { checkAws } = await import('./check-aws.js');
    lines.push(...(await checkAws(config, surroundings.nowMs())));
  }
  if (config.data.logGroups.length > 0 || config.data.buckets.length > 0 || config.data.engine !== 'embedded') {
    const { checkInsights } = await import('./check-insights.js');
    lines.push(...(await checkInsights(config)));
  }
  if (config.data.athena !== undefined) {
    const { checkAthena } = await import('./check-athena.js');
    lines.push(...(await checkAthena(config)));
  }
  try {
    const state = await openState(
      env.databaseUrl === undefined
        ? { kind: 'sqlite', file: config.state.file }
        : { kind: 'postgres', url: env.databaseUrl },
    );
    lines.push({
      ok: true,
      subject: 'State',
      says: state.kind === 'sqlite' ? config.state.file : 'Postgres of DATABASE_URL',
    });
    try {
      lines.push(...(await alertLines(config, state.db, surroundings, options.withTestAlert === true)));
    } finally {
      await state.close();
    }
  } catch (error) {
    note('State', error);
    lines.push(...(await alertLines(config, undefined, surroundings, options.withTestAlert === true)));
  }
  try {
    const { botToken } = options.secrets ?? requireSecrets(config, env);
    const client = createSlackClient(botToken, surroundings.log, options.slackApiUrl);
    lines.push(
      ...(await checkSlack(client, { scopes: BOT_SCOPES, optional: OPTIONAL_SCOPES, channels: config.slack.channels })),
    );
  } catch (error) {
    note('Slack secrets', error);
  }
  return lines;
}

/** What AWS is asked with is loaded only where there is something to ask. */
async function alertLines(
  config: Config,
  db: StateDb | undefined,
  { nowMs, signal }: { readonly nowMs: () => number; readonly signal?: AbortSignal },
  withTest: boolean,
): Promise<readonly CheckLine[]> {
  if (config.aws.accounts.length === 0 && config.triage.queue === undefined && !config.triage.webhook) return [];
  const { checkAlerts } = await import('./check-alerts.js');
  return checkAlerts(config, { db, withTest, nowMs, signal: signal ?? new AbortController().signal });
}
