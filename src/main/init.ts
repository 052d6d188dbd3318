import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { configSchema } from '../config/schema.js';
import { type Config, describeConfig } from '../config.js';
import { NetcostError } from '../errors.js';
import type { LookInAws } from './init-aws.js';

/** Names under which people keep these things; the first that is there is taken. */
const USUAL_PLACES = {
  flowLogs: ['flow-logs', 'flowlogs', 'vpc-flow-logs', 'vpcflowlogs', 'AWSLogs'],
  owners: ['owners.yaml', 'owners.yml'],
  ipRanges: ['ip-ranges.json'],
  asn: ['asn.csv'],
} as const;

/**
 * Writes a config with every key explained and with what lies beside it filled in, and what is found in AWS where that
 * is to be looked at; says what that was, a line each.
 * @throws NetcostError 'config' where the file is there already: nobody's settings are written over.
 */
export async function runInit(
  path: string,
  aws?: LookInAws & { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const folder = dirname(resolve(path));
  const found = Object.entries(USUAL_PLACES).flatMap(([key, names]): [string, string][] => {
    const name = names.find((each) => isThere(join(folder, each), key === 'flowLogs'));
    return name === undefined ? [] : [[key, name]];
  });
  if (existsSync(path)) throw isTakenAlready(path);
  const ofAws = aws && (await (await import('./init-aws.js')).findInAws(aws, aws.signal));
  const config = configSchema().parse({
    data: { ...Object.fromEntries(found), buckets: ofAws?.buckets ?? [] },
    aws: { accounts: ofAws?.accounts ?? [] },
  });
  try {
    writeFileSync(path, describeConfig(config), { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw isTakenAlready(path, cause);
    throw new NetcostError('config', `${path} cannot be written.`, { cause, hint: 'Is the folder there?' });
  }
  return [
    `Wrote ${path}.`,
    ...found.map(([key, name]) => `Found ${name}: it is data.${key}.`),
    ...(ofAws?.lines ?? []),
    ...nextSteps(config, path),
  ];
}

function nextSteps({ data }: Config, path: string): readonly string[] {
  const where = path === 'netcost.yml' ? ' --config netcost.yml' : ` --config ${path}`;
  return [
    ...(data.buckets.length > 0
      ? [`Next: netcost ingest${where}, then netcost ask since=24h by=client${where}.`]
      : data.flowLogs === undefined
        ? ['Set data.flowLogs to the folder with your flow-log objects, or data.buckets to where they are in S3.']
        : []),
    'Then make the Slack app from manifest.yml, set its tokens in the environment, run netcost check.',
  ];
}

const isTakenAlready = (path: string, cause?: unknown): NetcostError =>
  new NetcostError('config', `${path} is there already.`, {
    cause,
    hint: 'Look at it with netcost check, or name another with --config FILE.',
  });

function isThere(path: string, isFolder: boolean): boolean {
  return existsSync(path) && statSync(path).isDirectory() === isFolder;
}
