import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NetcostError } from '../../errors.js';
import { isoTime } from '../../units.js';
import type { Account } from '../sources.js';
import { redact } from './redact.js';

/** What a diagnosis saw, each document as AWS gave it. A document that is undefined is not written: it was not there. */
export interface SeenEvidence {
  readonly account: Account;
  /** The alert as it arrived. */
  readonly alert: string | undefined;
  /** By path in the bundle: `cloudwatch/metrics.json`, `ec2/vpcs.json`, … */
  readonly documents: Readonly<Record<string, unknown>>;
  /** By path: `flow-logs/…`, `owners.yaml`, `asn.csv`; copied as they are. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Sources that failed, by the contract's keys. */
  readonly errors: Readonly<Record<string, string>>;
  /** By source: why it was absent, and what one that was read lacks. */
  readonly notes?: {
    readonly absent: Readonly<Record<string, string>>;
    readonly lacks: Readonly<Record<string, readonly string[]>>;
  };
}

/** The paths that the contract knows; nothing else is written, whatever a caller names. */
const KNOWN =
  /^(?:cloudwatch\/metrics\.json|cloudtrail\/events\.json|ec2\/(?:vpcs|subnets|route-tables|nat-gateways|vpc-endpoints|network-interfaces)\.json|ecr\/images\.json|cost-explorer\/usage\.json|ip-ranges\.json|asn\.csv|owners\.yaml|flow-logs\/(?!.*\.\.)[\w./=-]+)$/;

/**
 * Saves what a diagnosis saw as an evidence bundle (contract, part 3), with secrets, key ids and source addresses of
 * people redacted. `openBundle` of the folder then gives the same diagnosis.
 * @throws NetcostError 'input' where the folder cannot be written or a path is none of a bundle.
 */
export async function saveBundle(folder: string, seen: SeenEvidence): Promise<void> {
  const { accountId, region, nowMs } = seen.account;
  const writes: [string, string | Uint8Array][] = [
    ['account.json', json({ accountId, region, now: isoTime(nowMs) })],
    ...(seen.alert === undefined ? [] : [alertFile(seen.alert)]),
    ...Object.entries(seen.documents).flatMap(([path, document]): [string, string][] =>
      document === undefined ? [] : [[known(path), json(redact(document))]],
    ),
    ...Object.entries(seen.files).map(([path, bytes]): [string, Uint8Array] => [known(path), bytes]),
    ...(Object.keys(seen.errors).length > 0 ? [['errors.json', json(redact(seen.errors))] as [string, string]] : []),
    ...(seen.notes === undefined ? [] : [['notes.json', json(redact(seen.notes))] as [string, string]]),
  ];
  try {
    for (const [path, content] of writes) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  } catch (cause) {
    throw new NetcostError('input', `The evidence bundle could not be written to ${folder}.`, {
      cause,
      hint: 'Check that the folder can be written.',
    });
  }
}

function alertFile(alert: string): [string, string] {
  try {
    return ['alert.json', json(redact(JSON.parse(alert)))];
  } catch {
    return ['alert.txt', String(redact(alert))];
  }
}

function known(path: string): string {
  if (!KNOWN.test(path)) throw new NetcostError('input', `${path} is no file of an evidence bundle.`);
  return path;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
