import { type Alert, plainAlert } from './alert.js';
import {
  amountOf,
  arnParts,
  distinct,
  fieldOf,
  type Loose,
  listOf,
  natIdsIn,
  objectOf,
  textOf,
  timeOf,
} from './fields.js';

/** Only the id and the impact are there in every sample (2021 ones lack names, organisation ones lack usage types). */
export function isCostAnomaly(source: Loose): boolean {
  return textOf(source, 'anomalyId') !== undefined && fieldOf(source, 'impact') !== undefined;
}

/**
 * Reads a Cost Anomaly Detection alert: SNS `Message` (`dimensionalValue`), EventBridge detail (`dimensionValue`) or
 * GetAnomalies casing (`AnomalyId`, `Impact.TotalImpact`). `event` is the EventBridge envelope, or nothing.
 */
export function readCostAnomaly(detail: Loose, event: Loose): Alert {
  const id = textOf(detail, 'anomalyId') ?? textOf(event, 'id') ?? 'cost-anomaly';
  const impact = objectOf(fieldOf(detail, 'impact'));
  const roots = listOf(fieldOf(detail, 'rootCauses')).map(objectOf);
  const what = textOf(detail, 'dimensionalValue', 'dimensionValue') ?? 'cost anomaly';
  return {
    ...plainAlert('cost-anomaly', id, `Cost anomaly: ${what}`),
    state: 'alarm',
    accountIds: distinct([
      ...roots.map((root) => textOf(root, 'linkedAccount')),
      textOf(detail, 'accountId'),
      textOf(event, 'account'),
      arnParts(textOf(detail, 'monitorArn')).accountId,
    ]),
    regions: distinct(roots.map((root) => textOf(root, 'region'))),
    usageTypes: distinct(roots.map((root) => textOf(root, 'usageType'))),
    natGatewayIds: natIdsIn(JSON.stringify(detail)),
    usd: amountOf(fieldOf(impact, 'totalImpact')) ?? amountOf(fieldOf(impact, 'maxImpact')),
    startsAtMs: timeOf(fieldOf(detail, 'anomalyStartDate')),
    sentAtMs: timeOf(event.time),
  };
}
