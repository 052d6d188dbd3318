import type { EvidenceSource } from './evidence/evidence.js';
import type { DiagnosisRequest, EvidenceArrival } from './live.js';
import type { EvidenceSources, Reading } from './sources.js';

/** The same sources; each tells when it has answered. */
export function telling(sources: EvidenceSources, onEvidence: DiagnosisRequest['onEvidence']): EvidenceSources {
  if (onEvidence === undefined) return sources;
  const tell =
    <T>(source: EvidenceSource, read: () => Promise<Reading<T>>) =>
    async (): Promise<Reading<T>> => {
      const reading = await read();
      const why = reading.state === 'failed' ? reading.error : reading.state === 'absent' ? reading.reason : undefined;
      const arrival: EvidenceArrival = { source, state: reading.state, ...(why === undefined ? {} : { why }) };
      try {
        onEvidence(arrival);
      } catch {
        // Whoever shows progress must not lose the diagnosis.
      }
      return reading;
    };
  return {
    ...sources,
    metrics: tell('cloudwatch', sources.metrics),
    trail: tell('cloudtrail', sources.trail),
    inventory: tell('ec2', sources.inventory),
    images: tell('ecr', sources.images),
    usage: tell('cost-explorer', sources.usage),
    flows: tell('flow-logs', sources.flows),
    owners: tell('owners', sources.owners),
    remotes: tell('ip-ranges', sources.remotes),
  };
}
