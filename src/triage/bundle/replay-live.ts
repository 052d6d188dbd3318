import { cp } from 'node:fs/promises';
import { basename } from 'node:path';
import { NetcostError } from '../../errors.js';
import { diagnose } from '../diagnose.js';
import { measureNat } from '../evidence/nat-metrics.js';
import type { DiagnosisSubject, LiveTriage } from '../live.js';
import { telling } from '../telling.js';
import { openBundle, type ReadFlowLogs } from './read-bundle.js';

/** Where recorded evidence stands in for AWS. */
export interface Replay {
  /** The bundle that answers about a subject; undefined where none does. */
  readonly folderOf: (subject: DiagnosisSubject) => Promise<string | undefined>;
  readonly readFlowLogs: ReadFlowLogs;
  readonly elapsedMs: () => number;
}

/**
 * A live diagnosis that reads evidence bundles in place of AWS, for the demo and for tests: the same engine, the same
 * seam. What became of the bytes later is read from the metrics of the bundle; feedback goes nowhere.
 */
export function replayLive(replay: Replay): LiveTriage {
  const open = async (subject: DiagnosisSubject) => {
    const folder = await replay.folderOf(subject);
    if (folder === undefined)
      throw new NetcostError('input', 'There is no recorded evidence about that.', {
        hint: 'Diagnose an alert of one of the recorded incidents.',
      });
    return { folder, sources: await openBundle(folder, replay.readFlowLogs) };
  };
  return {
    diagnose: async ({ subject, signal, onEvidence }) => {
      const startedMs = replay.elapsedMs();
      const { folder, sources } = await open(subject);
      const result = await diagnose(telling(sources, onEvidence), () => replay.elapsedMs() - startedMs);
      if (signal.aborted) throw new NetcostError('cancelled', 'The diagnosis was stopped.');
      return {
        ...result,
        alert: sources.alert,
        calls: { requests: 0, throttled: 0, usd: '0' },
        // What a scorer compares with is no evidence.
        save: (target) => cp(folder, target, { recursive: true, filter: (path) => basename(path) !== 'truth.json' }),
      };
    },
    readGatewayBytes: async (natGatewayIds, { fromMs, toMs }) => {
      const { sources } = await open({ kind: 'nat', natGatewayIds });
      const series = await sources.metrics();
      if (series.state !== 'read') return series;
      const own = series.value.filter((one) => natGatewayIds.includes(one.dimensions.NatGatewayId ?? ''));
      const points = measureNat(own)?.total ?? [];
      return { state: 'read', value: points.filter((point) => point.atMs >= fromMs && point.atMs < toMs) };
    },
    haveFlowLogsArrived: async (natGatewayIds) => {
      const { sources } = await open({ kind: 'nat', natGatewayIds });
      const flows = await sources.flows();
      return flows.state === 'read' && flows.value.sums.length > 0;
    },
    sendAnomalyFeedback: async () => {},
  };
}
