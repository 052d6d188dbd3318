import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Config, describeConfig } from '../config.js';
import { NetcostError } from '../errors.js';

/** Names under which people keep these things; the first that is there is taken. */
const USUAL_PLACES = {
  flowLogs: ['flow-logs', 'flowlogs', 'vpc-flow-logs', 'vpcflowlogs', 'AWSLogs'],
  owners: ['owners.yaml', 'owners.yml'],
  ipRanges: ['ip-ranges.json'],
  asn: ['asn.csv'],
} as const;

/**
 * Writes a config with every key explained and with what lies beside it filled in; says what that was, a line each.
 * @throws NetcostError 'config' where the file is there already: nobody's settings are written over.
 */
export function runInit(path: string): readonly string[] {
  const folder = dirname(resolve(path));
  const found = Object.entries(USUAL_PLACES).flatMap(([key, names]): [string, string][] => {
    const name = names.find((each) => isThere(join(folder, each), key === 'flowLogs'));
    return name === undefined ? [] : [[key, name]];
  });
  const config = Config.parse({ data: Object.fromEntries(found) });
  try {
    writeFileSync(path, describeConfig(config), { flag: 'wx' });
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new NetcostError('config', isTaken ? `${path} is there already.` : `${path} cannot be written.`, {
      cause,
      hint: isTaken ? 'Look at it with netcost check, or name another with --config FILE.' : 'Is the folder there?',
    });
  }
  return [
    `Wrote ${path}.`,
    ...found.map(([key, name]) => `Found ${name}: it is data.${key}.`),
    ...(config.data.flowLogs === undefined ? ['Set data.flowLogs to the folder with your flow-log objects.'] : []),
    'Next: make the Slack app from manifest.yml, set its tokens in the environment, run netcost check.',
  ];
}

function isThere(path: string, isFolder: boolean): boolean {
  return existsSync(path) && statSync(path).isDirectory() === isFolder;
}
