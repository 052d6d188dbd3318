import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ReconcileDeps } from '../../commands/reconcile.js';
import type { Engine } from '../answers/open-engine.js';
import { openAwsAccess } from '../aws/access.js';
import { readUsageByType } from '../aws/cost-explorer.js';
import { readHourlyBytes } from '../aws/triage-metrics.js';
import type { Config } from '../config.js';
import { readMetrics, readUsage } from '../triage/bundle/aws-shapes.js';
import type { Reading } from '../triage/sources.js';
import { accountsOf } from './accounts.js';

/**
 * What `reconcile` compares the logs with: the files `cloudwatch/metrics.json` and `cost-explorer/usage.json` beside the
 * flow logs, as in an evidence bundle; else AWS, where the config names accounts.
 */
export function reconcileDeps(
  engine: Engine,
  flowLogs: string | undefined,
  accounts: Config['aws']['accounts'],
  signal?: AbortSignal,
): ReconcileDeps {
  const gateways = async () => (await engine.store.snapshot()).knowledge.gateways.gateways;
  const beside = <T>(path: string, read: (document: unknown) => T) =>
    flowLogs === undefined ? undefined : readBeside(join(dirname(resolve(flowLogs)), path), read);
  return {
    ask: (input) => engine.ask(input),
    gateways,
    metrics: async (ids, window) =>
      (await beside('cloudwatch/metrics.json', readMetrics)) ??
      everywhere(accounts, async (access, place) => {
        const own = (await gateways()).filter(
          ({ id, region, accountId }) =>
            ids.includes(id) && region === place.region && (accountId === '' || accountId === place.accountId),
        );
        return readHourlyBytes(
          access,
          place,
          own.map(({ id }) => id),
          window,
          signal,
        );
      }),
    usage: async (window) =>
      (await beside('cost-explorer/usage.json', readUsage)) ??
      everywhere(accounts, async (access, place) => readUsage(await readUsageByType(access, place, window, signal))),
  };
}

async function readBeside<T>(path: string, read: (document: unknown) => T): Promise<Reading<T> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return { state: 'read', value: read(JSON.parse(text)) };
  } catch {
    return { state: 'failed', error: `${path} is not the answer that its name says` };
  }
}

/** Every account and Region at once; those that fail are what the reading lacks. */
async function everywhere<T>(
  accounts: Config['aws']['accounts'],
  read: (
    access: ReturnType<typeof openAwsAccess>,
    place: { accountId: string; region: string },
  ) => Promise<readonly T[]>,
): Promise<Reading<readonly T[]>> {
  if (accounts.length === 0) return { state: 'absent', reason: 'aws.accounts of the config is empty' };
  const access = openAwsAccess(accountsOf(accounts));
  try {
    const answers = await Promise.allSettled(access.places.map((place) => read(access, place)));
    const value = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const lacks = answers.flatMap((answer) =>
      answer.status === 'rejected'
        ? [
            String((answer.reason as Error).message)
              .replace(/\s+/g, ' ')
              .slice(0, 300),
          ]
        : [],
    );
    if (lacks.length === answers.length) return { state: 'failed', error: lacks[0]! };
    return { state: 'read', value, ...(lacks.length > 0 ? { lacks } : {}) };
  } finally {
    access.close();
  }
}
