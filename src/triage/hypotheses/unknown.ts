import type { Case, Finding } from '../case.js';
import { enableFlowLogs } from '../remedies/enable-flow-logs.js';
import { nothing } from '../remedies/none.js';

/** What remains where nothing else fits: it says how much is unexplained, and what would tell. */
export function unknown(found: Case): Finding {
  const seen = new Set(found.flows?.natGatewaysSeen ?? []);
  const risen = [...(found.metrics?.gatewayRises.keys() ?? [])];
  const unlogged = risen.filter((id) => !seen.has(id));
  const blind = !found.flows?.hasPacketAddresses || !found.talkers?.hasQuiet || unlogged.length > 0;
  const named =
    found.flows && unlogged.length > 0
      ? unlogged
      : found.alert.natGatewayIds.length > 0
        ? found.alert.natGatewayIds
        : risen;
  const ids = named.length > 0 ? named : (found.metrics?.gateways ?? []).map((gateway) => gateway.id);
  const told = [...found.told.values()].flat();
  const useful = told.filter(
    (one) => one.status === 'found' && (one.source === 'cloudwatch' || one.source === 'flow-logs'),
  );
  return {
    cause: 'unknown',
    excess: found.hasExcess ? found.excess : null,
    confidence: 'low',
    // Every source has its line in the report, so there is always one to name.
    evidence: useful.length > 0 ? useful : told.slice(0, 1),
    onset: found.onset,
    scope: null,
    // Connections may rise without bytes: there the logs are what is missing, too.
    fixes:
      blind && (found.hasExcess || found.metrics?.active != null || found.metrics?.attempts != null)
        ? [enableFlowLogs(found, ids)]
        : [nothing()],
    components: [],
    fit: 0,
    headline: found.hasExcess
      ? 'the cause is not known: the evidence at hand does not name the talkers'
      : 'nothing unusual was found on the NAT gateways',
  };
}
