import { type Case, changedComponents, type Finding, mainClients, toldBy } from '../case.js';
import type { Fix } from '../remedies/fix.js';
import { privatelinkSaas } from '../remedies/privatelink-saas.js';
import { reduceLogVolume } from '../remedies/reduce-log-volume.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  ownershipEvidence,
  upShare,
  workloadsOf,
} from './component-evidence.js';
import { isOfTrade } from './remote-trades.js';

/** Telemetry is written: three quarters up at least, the rest are acknowledgements. */
const MIN_UP = 0.75;

/** Logs or metrics to a vendor. */
export function logShipping(found: Case): Finding | null {
  const component = changedComponents(found).find(
    (one) => isOfTrade(one.remote, 'telemetry') && upShare(one) >= MIN_UP,
  );
  if (!component) return null;
  const places = mainClients(component);
  const zones = new Set(places.map((place) => place.az).filter((az) => az !== undefined)).size;
  const fixes: (Fix | null)[] = [reduceLogVolume(), privatelinkSaas(found, component.remote, zones, component.excess)];
  return {
    cause: 'log-shipping',
    excess: component.excess,
    confidence: 'high',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ownershipEvidence(found, component),
    ],
    onset: componentOnset(found, component),
    scope: deployScope(found, component),
    fixes: fixes.filter((fix) => fix !== null),
    components: [component.key],
    fit: 0.8,
    headline: `{share:percent} of the excess is uploads to {remote}${workloadsOf(component).length > 0 ? ' by {workloads:list}' : ''}`,
  };
}
