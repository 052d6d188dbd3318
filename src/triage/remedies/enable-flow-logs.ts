import { RECOMMENDED_FORMAT } from '../../flows/fields.js';
import { DAY_MS, isoTime } from '../../units.js';
import type { Case } from '../case.js';
import type { Fix } from './fix.js';
import { hclList, hclString } from './hcl.js';

/**
 * A flow log with packet addresses on the gateways that rose, so that the next question has an answer. Logs are paid per
 * GB delivered, so the proposal ends by itself.
 */
export function enableFlowLogs(found: Case, natGatewayIds: readonly string[]): Fix {
  const gateways = (found.inventory?.natGateways ?? []).filter((gateway) => natGatewayIds.includes(gateway.id));
  const vpcIds = [...new Set(gateways.flatMap((gateway) => gateway.vpcId ?? []))];
  const interfaceIds = [...new Set(gateways.flatMap((gateway) => gateway.interfaceIds))].sort();
  const first = natGatewayIds[0];
  const vpcId = vpcIds[0];
  return {
    id: 'enable-flow-logs',
    params: {
      ...(first === undefined ? {} : { natGatewayId: natGatewayIds.length === 1 ? first : natGatewayIds }),
      ...(vpcId === undefined ? {} : { vpcId }),
    },
    usdSavedPerDay: null,
    // Delivery is paid per GB of logs, and how much they will be is not known.
    usdCostPerDay: null,
    terraform: terraformOf(interfaceIds, vpcIds, found.account.nowMs),
    cli: null,
  };
}

/** Two weeks show the excess and a day that is like it; Terraform takes the flow log away with the first run after them. */
const KEPT_MS = 14 * DAY_MS;

/** On the gateways' own interfaces, which is the least that has to be logged; on their VPC where these are not known. */
function terraformOf(interfaceIds: readonly string[], vpcIds: readonly string[], nowMs: number): string | null {
  const [target, ids] = interfaceIds.length > 0 ? ['eni_id', interfaceIds] : ['vpc_id', vpcIds];
  if (ids.length === 0) return null;
  const until = hclString(isoTime(Math.ceil((nowMs + KEPT_MS) / DAY_MS) * DAY_MS));
  // Each field stands in the format as ${field}, which hclString keeps from being a template.
  const format = hclString(RECOMMENDED_FORMAT);
  return `variable "netcost_flow_log_bucket_arn" {
  type        = string
  description = "Bucket that netcost reads flow logs from, as arn:aws:s3:::my-flow-logs"
}

resource "aws_flow_log" "netcost" {
  # Ends by itself: the first run of Terraform after this moment removes it.
  for_each                 = timecmp(plantimestamp(), ${until}) < 0 ? toset(${hclList(ids)}) : toset([])
  ${target.padEnd(24)} = each.value
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "s3"
  log_destination          = var.netcost_flow_log_bucket_arn
  log_format               = ${format}
  destination_options {
    file_format                = "parquet"
    hive_compatible_partitions = true
    per_hour_partition         = true
  }
  tags = {
    "netcost:until" = ${until}
  }
}
`;
}
