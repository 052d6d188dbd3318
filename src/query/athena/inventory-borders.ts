import { parseAddress, parsePrefix } from '../../attribution/addresses.js';
import type { InventoryFiles } from '../../attribution/inventory-files.js';

/** IPv4 addresses at which an inventory may say something else than just below: of networks, and of single interfaces. */
export function inventoryBorders(files: Pick<InventoryFiles, 'vpcs' | 'subnets' | 'interfaces'>): readonly number[] {
  const cidrs = [
    ...files.vpcs.flatMap((vpc) => [
      vpc.CidrBlock,
      ...(vpc.CidrBlockAssociationSet ?? []).map((association) => association.CidrBlock),
    ]),
    ...files.subnets.map((subnet) => subnet.CidrBlock),
  ];
  const addresses = files.interfaces.flatMap((one) => [
    one.PrivateIpAddress,
    ...(one.PrivateIpAddresses ?? []).map((address) => address.PrivateIpAddress),
  ]);
  const borders = new Set<number>();
  for (const cidr of cidrs) {
    const range = cidr === undefined ? undefined : parsePrefix(cidr);
    if (range?.family === 4) borders.add(range.first).add(range.last + 1);
  }
  for (const text of addresses) {
    const address = text === undefined ? undefined : parseAddress(text);
    if (address?.family === 4) borders.add(address.value).add(address.value + 1);
  }
  return [...borders];
}
