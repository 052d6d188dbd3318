import { usageKind } from '../alerts/usage-types.js';
import type { Case, Finding } from '../case.js';
import { toldBy } from '../case.js';
import { evidence } from '../evidence/say.js';
import { nothing } from '../remedies/none.js';

/** The alert is about something else: what it blames is no NAT gateway's usage, and the gateways are at their usual level. */
export function notNat(found: Case): Finding | null {
  const { alert, metrics } = found;
  if (!metrics || found.hasExcess) return null;
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
      ...toldBy(found, 'cloudwatch'),
      evidence(
        'cloudwatch',
        'found',
        'what the alert blames, against the NAT gateways',
        'The alert is about {blamed:list}, not about NAT gateways',
        { blamed },
      ),
    ],
    onset: null,
    scope: null,
    fixes: [nothing()],
    components: [],
    fit: 1,
    headline: 'Not a NAT gateway: the alert is about {blamed:list}, and the gateways are at their usual level',
  };
}
