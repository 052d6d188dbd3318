import { usageKind } from '../alerts/usage-types.js';
import type { Case, Finding } from '../case.js';
import { toldBy } from '../case.js';
import { evidence } from '../evidence/say.js';
import { nothing } from '../remedies/none.js';

/** The alert is about something else: what it blames is no NAT gateway's usage, and the gateways are at their usual level. */
export function notNat(found: Case): Finding | null {
  const { alert, metrics } = found;
  // A rise over too short a history is no proof against what the alert itself says.
  const isSure = metrics?.rise?.baseline.kind === 'seasonal';
  if (!metrics || (found.hasExcess && isSure)) return null;
  const kinds = alert.usageTypes.map(usageKind);
  const isOther =
    kinds.length > 0 && kinds.every((kind) => kind === 'other' || kind === 'internet-out' || kind === 'endpoint');
  const watchesOther =
    alert.kind === 'cloudwatch-alarm' && alert.metricNames.length > 0 && alert.natGatewayIds.length === 0;
  if (!isOther && !watchesOther) return null;
  const blamed = isOther ? alert.usageTypes : alert.metricNames;
  return {
    cause: 'not-nat',
    excess: null,
    confidence: 'high',
    evidence: [
      ...toldBy(found, found.metricsSource),
      evidence(
        found.metricsSource,
        'found',
        'what the alert blames, against the NAT gateways',
        'The alert is about {blamed:list}, not about NAT gateways',
        { blamed },
      ),
    ],
    onset: null,
    scope: null,
    fixes: [nothing()],
    components: found.talkers?.components.map((one) => one.key) ?? [],
    fit: 1,
    headline: 'Not a NAT gateway: the alert is about {blamed:list}, and the gateways are at their usual level',
  };
}
