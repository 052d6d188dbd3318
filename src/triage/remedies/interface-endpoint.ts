import type { Case } from '../case.js';
import type { ClientPlace } from '../evidence/workloads.js';
import { interfaceEndpointBlock } from './endpoint-blocks.js';
import type { Fix } from './fix.js';
import { bytesPerDay, interfaceUsdPerDay, usdPerDay } from './money.js';
import { shellCommand } from './shell.js';
import { clientsVpc } from './vpc.js';

/**
 * An interface endpoint in every zone of the clients. It costs per zone and hour and per GB: null where that is not
 * below what it saves, where the price is not known, or where an endpoint with private DNS is there already.
 */
export function interfaceEndpoint(
  found: Case,
  service: string,
  places: readonly ClientPlace[],
  savedBytes: number,
): Fix | null {
  const vpcId = clientsVpc(found, places);
  if (vpcId === undefined) return null;
  const serviceName = `com.amazonaws.${found.account.region}.${service}`;
  const has = found.inventory?.endpoints.some(
    (one) => one.vpcId === vpcId && one.serviceName === serviceName && one.privateDns,
  );
  if (has) return null;
  const inside = places.filter((place) => place.vpcId === vpcId);
  const zones = distinctZones(found, vpcId, inside);
  const subnetIds = oneSubnetPerZone(inside);
  const usdSavedPerDay = usdPerDay(found, savedBytes);
  const usdCostPerDay = interfaceUsdPerDay(bytesPerDay(found, savedBytes), zones);
  if (usdSavedPerDay === null || Number(usdSavedPerDay) <= Number(usdCostPerDay)) return null;
  return {
    id: 'interface-endpoint',
    params: { vpcId, serviceName },
    usdSavedPerDay,
    usdCostPerDay,
    terraform: interfaceEndpointBlock(`${service}_interface`, vpcId, serviceName, subnetIds),
    cli: shellCommand(
      ['aws', 'ec2', 'create-vpc-endpoint'],
      [
        ['--vpc-id', vpcId],
        ['--vpc-endpoint-type', 'Interface'],
        ['--service-name', serviceName],
        ...(subnetIds.length > 0 ? [['--subnet-ids', subnetIds] as const] : []),
        ['--region', found.account.region],
      ],
    ),
  };
}

/** Where no client's zone is known, every zone of the VPC's private subnets is paid for: the dearer assumption. */
function distinctZones(found: Case, vpcId: string, places: readonly ClientPlace[]): number {
  const known = new Set(places.map((place) => place.az).filter((az) => az !== undefined));
  if (known.size > 0) return known.size;
  const all = new Set(
    (found.inventory?.subnets ?? []).filter((subnet) => subnet.vpcId === vpcId).map((subnet) => subnet.az),
  );
  return Math.max(1, all.size);
}

function oneSubnetPerZone(places: readonly ClientPlace[]): string[] {
  const byZone = new Map<string, string>();
  for (const place of places)
    if (place.az && place.subnetId && !byZone.has(place.az)) byZone.set(place.az, place.subnetId);
  return [...byZone.values()].sort();
}
