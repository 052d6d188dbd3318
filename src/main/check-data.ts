import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { loadOwners } from '../attribution/owners.js';
import { loadRemoteTables } from '../attribution/ranges.js';
import type { Config } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import { openStore } from '../rollups/store.js';
import type { CheckLine } from '../slack/check-slack.js';
import { bringsLogs } from './source-engines.js';

/** What `netcost check` says of the places that answers come from. Reads no flow log. Never throws. */
export async function checkData({ data }: Config): Promise<readonly CheckLine[]> {
  return [
    await line('Flow logs', () => lookAtFlowLogs(data)),
    await line('Store', async () => {
      if (!(await exists(data.store))) return `${data.store} is made at the first start`;
      const store = await openStore(data.store, { create: false });
      store.close();
      return data.store;
    }),
    await line('Owners', async () => {
      if (data.owners === undefined) return 'no data.owners, so every client is unattributed';
      const owners = await loadOwners(data.owners);
      const teams = new Set(owners.entries.map(({ team }) => team)).size;
      return `${data.owners}: ${teams} ${teams === 1 ? 'team' : 'teams'}${owners.notes.length > 0 ? `; ${owners.notes.join('; ')}` : ''}`;
    }),
    await line('Remotes', async () => {
      const tables = await loadRemoteTables({ ipRanges: data.ipRanges, asn: data.asn });
      return `${tables.awsSource}; ${data.asn === undefined ? 'no AS table' : data.asn}`;
    }),
  ];
}

async function lookAtFlowLogs(data: Config['data']): Promise<string> {
  const { flowLogs, store, buckets, logGroups, athena, engine } = data;
  if (flowLogs === undefined) {
    const remote = [
      ...(buckets.length > 0
        ? [`${buckets.length} ${buckets.length === 1 ? 'bucket' : 'buckets'} of data.buckets`]
        : []),
      ...(logGroups.length > 0
        ? [`${logGroups.length} log ${logGroups.length === 1 ? 'group' : 'groups'} of data.logGroups`]
        : []),
      ...(bringsLogs(data)
        ? []
        : ['asked in AWS, question by question: digests, budgets, endpoints and reconcile have nothing to count']),
    ];
    if (buckets.length + logGroups.length > 0) return remote.join(', ');
    if (athena !== undefined && engine !== 'embedded')
      return 'read by Athena, question by question: digests, budgets, endpoints and reconcile have nothing to count';
    if (await exists(store)) return 'no data.flowLogs, so nothing new is read';
    throw new NetcostError('config', 'data.flowLogs is not set and there is no store: there is nothing to ask.', {
      hint: 'Set data.flowLogs to a folder with flow-log objects, or data.buckets to where they are in S3.',
    });
  }
  const found = await stat(flowLogs).catch((cause: unknown) => {
    throw new NetcostError('input', `There is no folder ${flowLogs}.`, { cause, hint: 'Mend data.flowLogs.' });
  });
  if (!found.isDirectory())
    throw new NetcostError('input', `${flowLogs} is no folder.`, { hint: 'Mend data.flowLogs.' });
  await access(flowLogs, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw new NetcostError('input', `${flowLogs} may not be read.`, { cause, hint: 'Let netcost’s user read it.' });
  });
  return flowLogs;
}

async function line(subject: string, look: () => Promise<string>): Promise<CheckLine> {
  try {
    return { ok: true, subject, says: await look() };
  } catch (error) {
    if (!(error instanceof NetcostError)) return { ok: false, subject, says: describeError(error) };
    return { ok: false, subject, says: error.message, ...(error.hint === undefined ? {} : { fix: error.hint }) };
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
