import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isoTime } from '../units.js';
import { gatewayMetrics } from './cloudwatch-file.js';
import { REGION } from './company.js';
import { billedGbByDay, costAndUsage, costAnomaly, ecrImages } from './incident-files.js';
import { incidentTruth } from './incident-truth.js';
import { ec2Files } from './inventory-files.js';
import type { Ledger } from './ledger.js';
import { asnCsv, ipRangesJson, ownersYaml } from './owners-files.js';
import { trailEvents } from './trail-file.js';

/**
 * Writes all of an evidence bundle (contract, part 3) but its flow logs into `dir`: inventory, metrics, trail, images,
 * bill, alert, owners. Where the ledger has no incident yet, `alert.json` and `truth.json` are left out.
 */
export async function writeCompanyFiles(ledger: Ledger, dir: string): Promise<void> {
  const metrics = await gatewayMetrics(ledger);
  const gbByDay = billedGbByDay(ledger, metrics);
  const alert = costAnomaly(ledger, gbByDay);
  const files: Record<string, unknown> = {
    'owners.yaml': ownersYaml(ledger.company),
    'ip-ranges.json': ipRangesJson(),
    'asn.csv': asnCsv(),
    'account.json': { accountId: ledger.company.networkAccountId, region: REGION, now: isoTime(ledger.nowMs) },
    'cloudwatch/metrics.json': await toJsonList(metrics),
    'cloudtrail/events.json': trailEvents(ledger),
    'ecr/images.json': ecrImages(ledger),
    'cost-explorer/usage.json': costAndUsage(ledger, gbByDay),
    ...Object.fromEntries(Object.entries(ec2Files(ledger)).map(([name, content]) => [`ec2/${name}`, content])),
    ...(alert === undefined ? {} : { 'alert.json': alert, 'truth.json': incidentTruth(ledger) }),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 1)}\n`);
  }
}

/** One element a line, with a breath after each: the list is megabytes long. */
async function toJsonList(elements: readonly unknown[]): Promise<string> {
  const lines: string[] = [];
  for (const element of elements) {
    lines.push(JSON.stringify(element));
    await setImmediate();
  }
  return `[${lines.join(',\n')}]\n`;
}
