import { join } from 'node:path';
import { writeCompanyFiles } from './company-files.js';
import { type WrittenFlowLogs, writeFlowLogs } from './flow-log-objects.js';
import { buildLedger, type Ledger, type LedgerOptions } from './ledger.js';

/** The seed of `netcost demo`. */
const DEMO_SEED = 'harbourline';

export interface WrittenDemo {
  readonly ledger: Ledger;
  /** An evidence bundle of the incident. */
  readonly bundleDir: string;
  readonly flowLogsDir: string;
  readonly ownersFile: string;
  readonly ipRangesFile: string;
  readonly asnFile: string;
  readonly metricsFile: string;
  readonly alertFile: string;
  readonly flowLogs: WrittenFlowLogs;
}

/**
 * Writes the demo company up to `nowMs` into `dir`, which is then an evidence bundle with two weeks of flow logs. The
 * same seed and moment give the same bytes. Never holds the event loop for long.
 */
export async function writeDemo(
  options: Omit<LedgerOptions, 'seed'> & { dir: string; seed?: string },
): Promise<WrittenDemo> {
  const { dir, ...rest } = options;
  const ledger = buildLedger({ ...rest, seed: options.seed ?? DEMO_SEED });
  const flowLogsDir = join(dir, 'flow-logs');
  const flowLogs = await writeFlowLogs(ledger, { dir: flowLogsDir });
  await writeCompanyFiles(ledger, dir);
  return {
    ledger,
    bundleDir: dir,
    flowLogsDir,
    ownersFile: join(dir, 'owners.yaml'),
    ipRangesFile: join(dir, 'ip-ranges.json'),
    asnFile: join(dir, 'asn.csv'),
    metricsFile: join(dir, 'cloudwatch', 'metrics.json'),
    alertFile: join(dir, 'alert.json'),
    flowLogs,
  };
}
