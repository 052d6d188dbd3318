import { join } from 'node:path';
import { writeCompanyFiles } from './company-files.js';
import { type WrittenFlowLogs, writeFlowLogs } from './flow-log-objects.js';
import { buildLedger, type Ledger, type LedgerOptions } from './ledger.js';

/** The seed of `netcost demo`. */
export const DEMO_SEED = 'harbourline';

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

/**
 * Lets time pass: adds the flow logs that were delivered since to those of `demo`, in new objects alone, and writes the
 * other files of the bundle as they are at `nowMs`. The incident stays where it was; `incidentEndsMs` ends it.
 */
export async function extendDemo(demo: WrittenDemo, nowMs: number, incidentEndsMs?: number): Promise<WrittenDemo> {
  const { seed, incident, fromMs } = demo.ledger;
  const ledger: Ledger = {
    ...buildLedger({ seed, nowMs, incidentAtMs: incident.fromMs, incidentEndsMs: incidentEndsMs ?? incident.toMs }),
    fromMs,
  };
  const since = demo.flowLogs.completeUntilMs;
  const flowLogs = await writeFlowLogs(ledger, { dir: demo.flowLogsDir, fromMs: since, fineFromMs: since });
  await writeCompanyFiles(ledger, demo.bundleDir);
  return { ...demo, ledger, flowLogs };
}
