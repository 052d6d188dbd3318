import { type Case, type Finding, toldBy } from '../case.js';
import { evidence } from '../evidence/say.js';
import { round } from '../evidence/tell.js';
import { markPlanned } from '../remedies/mark-planned.js';

/** The excess's mix of remotes is at most a third away from the quiet mix: bursts alone move it by a tenth or two. */
const MAX_MIX_SHIFT = 0.35;
/** Clients vary more than remotes do, as each has few connections. */
const MAX_CLIENT_SHIFT = 0.6;
/** Two in three of those that talked before take part. */
const MIN_GROWING = 0.66;
const MIN_CLIENTS = 3;

/** The same mix, more of it: everybody's traffic grew together. */
export function benignGrowth(found: Case): Finding | null {
  const { talkers } = found;
  if (!found.hasExcess || !talkers || talkers.mixShift === null) return null;
  const isSame = talkers.mixShift <= MAX_MIX_SHIFT && (talkers.clientShift ?? 0) <= MAX_CLIENT_SHIFT;
  const isShared = talkers.quietClients >= MIN_CLIENTS && talkers.growingClients >= MIN_GROWING * talkers.quietClients;
  if (!isSame || !isShared) return null;
  return {
    cause: 'benign-growth',
    excess: found.excess,
    confidence: 'high',
    evidence: [
      ...toldBy(found, found.metricsSource),
      evidence(
        'flow-logs',
        'found',
        'mix of remotes and clients before and after the onset',
        '{growingClients:count} of {quietClients:count} clients send and fetch more, and the mix of remotes is the same: {mixShift:percent} of the excess went elsewhere than before',
        {
          growingClients: talkers.growingClients,
          quietClients: talkers.quietClients,
          mixShift: round(talkers.mixShift),
          clientShift: round(talkers.clientShift ?? 0),
          share: 1,
        },
      ),
    ],
    onset: found.onset,
    scope: null,
    fixes: [markPlanned()],
    components: talkers.components.map((one) => one.key),
    fit: 0.93,
    headline:
      'the same mix of traffic, more of it: {growingClients:count} of {quietClients:count} clients grew together',
  };
}
