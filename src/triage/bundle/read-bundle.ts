import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NetcostError } from '../../errors.js';
import { type Alert, plainAlert } from '../alerts/alert.js';
import { type Loose, objectOf, textOf, timeOf } from '../alerts/fields.js';
import { alertOf } from '../alerts/parse-alert.js';
import type { Account, EvidenceSources, FlowReading, Inventory, Reading } from '../sources.js';
import { readImages, readMetrics, readTrail, readUsage } from './aws-shapes.js';
import { texts } from './documents.js';
import { absent, attempt, isFile, isFolder, once, oneLine, readJson, readText } from './files.js';
import { INVENTORY_FILES, readInventory } from './inventory-shapes.js';
import { readOwnersAt, readRemotesAt } from './read-names.js';

/** Reads the flow-log objects below a folder. The inventory, where there is one, tells which interfaces are gateways. */
export type ReadFlowLogs = (folder: string, inventory: Inventory | null) => Promise<FlowReading>;

/**
 * Opens an evidence bundle (contract, part 3): every file answers as its live source would. What is absent, what failed
 * (errors.json) and what is empty stay three things; a broken file is a failed source with a line that says why.
 * @throws NetcostError 'input' where the folder is none or holds no evidence at all.
 */
export async function openBundle(folder: string, readFlowLogs: ReadFlowLogs): Promise<EvidenceSources> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    throw new NetcostError('input', `The evidence bundle ${folder} cannot be read.`, {
      cause,
      hint: 'Give a folder that holds account.json, alert.json and what else was recorded.',
    });
  });
  const known = [
    'account.json',
    'alert.json',
    'alert.txt',
    'cloudwatch',
    'cloudtrail',
    'ec2',
    'ecr',
    'cost-explorer',
    'flow-logs',
  ];
  if (!entries.some((entry) => known.includes(entry))) {
    throw new NetcostError(
      'input',
      `The folder ${folder} is no evidence bundle: it holds none of ${known.join(', ')}.`,
    );
  }
  const errors = objectOf(await readJson(join(folder, 'errors.json')).catch(() => undefined));
  const notes = objectOf(await readJson(join(folder, 'notes.json')).catch(() => undefined));
  const noted = <T>(key: string, reading: Reading<T>) => withNotes(reading, key, notes);
  const failed = (key: string): { state: 'failed'; error: string } | null => {
    const error = textOf(errors, key);
    return error === undefined ? null : { state: 'failed', error: oneLine(error) };
  };
  const alert = await readAlert(folder);
  const account = await readAccount(folder, alert);
  const inventory = once(async () => noted('ec2', await readInventoryFiles(folder, failed('ec2'))));
  const file = <T>(key: string, path: string, read: (document: unknown) => T) =>
    once(async () => noted(key, await readSource(folder, failed(key), path, read)));
  return {
    account,
    alert,
    metrics: file('cloudwatch', 'cloudwatch/metrics.json', readMetrics),
    trail: file('cloudtrail', 'cloudtrail/events.json', readTrail),
    inventory,
    images: file('ecr', 'ecr/images.json', readImages),
    usage: file('cost-explorer', 'cost-explorer/usage.json', readUsage),
    flows: once(async () => {
      const error = failed('flow-logs');
      if (error) return error;
      if (!(await isFolder(join(folder, 'flow-logs'))))
        return noted('flow-logs', absent('the bundle has no flow-logs folder'));
      const found = await inventory();
      const known = found.state === 'read' ? found.value : null;
      return noted('flow-logs', await attempt(() => readFlowLogs(join(folder, 'flow-logs'), known)));
    }),
    owners: once(async () =>
      noted('owners', await readOwnersAt(join(folder, 'owners.yaml'), 'the bundle has no owners.yaml')),
    ),
    remotes: once(() =>
      readRemotesAt({
        owners: join(folder, 'owners.yaml'),
        ipRanges: join(folder, 'ip-ranges.json'),
        asn: join(folder, 'asn.csv'),
      }),
    ),
  };
}

/**
 * What a live diagnosis noted when it saved the bundle (`notes.json`): why a source was absent, and what one that was
 * read lacks.
 */
function withNotes<T>(reading: Reading<T>, key: string, notes: Loose): Reading<T> {
  if (reading.state === 'absent') {
    const reason = textOf(objectOf(notes.absent), key);
    return reason === undefined ? reading : absent(oneLine(reason));
  }
  const lacks = texts(objectOf(notes.lacks)[key]);
  return reading.state === 'read' && lacks.length > 0 ? { ...reading, lacks: lacks.map(oneLine) } : reading;
}

async function readSource<T>(
  folder: string,
  error: { state: 'failed'; error: string } | null,
  path: string,
  read: (document: unknown) => T,
): Promise<Reading<T>> {
  if (error) return error;
  if (!(await isFile(join(folder, path)))) return absent(`the bundle has no ${path}`);
  return attempt(async () => read(await readJson(join(folder, path), path)));
}

async function readInventoryFiles(
  folder: string,
  error: { state: 'failed'; error: string } | null,
): Promise<Reading<Inventory>> {
  if (error) return error;
  const documents: Record<string, unknown> = {};
  return attempt(async () => {
    for (const name of INVENTORY_FILES) {
      if (await isFile(join(folder, 'ec2', `${name}.json`)))
        documents[name] = await readJson(join(folder, 'ec2', `${name}.json`), `ec2/${name}.json`);
    }
    return readInventory(documents);
  }).then((reading) =>
    reading.state === 'read' && Object.keys(documents).length === 0 ? absent('the bundle has no ec2 folder') : reading,
  );
}

async function readAlert(folder: string): Promise<Alert> {
  for (const name of ['alert.json', 'alert.txt']) {
    if (await isFile(join(folder, name))) return alertOf(await readText(join(folder, name)));
  }
  return plainAlert('manual', 'manual', 'a diagnosis without an alert');
}

async function readAccount(folder: string, alert: Alert): Promise<Account> {
  const source = (await isFile(join(folder, 'account.json')))
    ? objectOf(await readJson(join(folder, 'account.json')))
    : {};
  const nowMs = timeOf(source.now) ?? alert.sentAtMs;
  if (nowMs === undefined) {
    throw new NetcostError('input', `The bundle ${folder} does not say when its diagnosis runs.`, {
      hint: 'Write account.json with accountId, region and now, for example {"accountId":"111122223333","region":"us-east-1","now":"2026-11-21T12:00:00Z"}.',
    });
  }
  return {
    accountId: textOf(source, 'accountId') ?? alert.accountIds[0] ?? 'unknown',
    region: textOf(source, 'region') ?? alert.regions[0] ?? 'unknown',
    nowMs,
  };
}
