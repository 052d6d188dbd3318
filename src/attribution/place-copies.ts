import * as z from 'zod';
import { INVENTORY_DOCUMENTS, type InventoryDocument, type InventoryFiles, parseInventory } from './inventory-files.js';

/** Describe… answers of one account and Region, or what IPAM tells in their form. */
export type PlaceDocuments = Readonly<Partial<Record<InventoryDocument, Readonly<Record<string, readonly unknown[]>>>>>;

/** The last good answer of each document of a place: one may be older than the others. */
export const PlaceCopy = z.partialRecord(
  z.enum(INVENTORY_DOCUMENTS),
  z.object({ fetchedMs: z.number(), document: z.record(z.string(), z.array(z.unknown())) }),
);
export type PlaceCopy = z.infer<typeof PlaceCopy>;

/** A copy with what was read now in the place of what it had. */
export function renewPlace(copy: PlaceCopy, documents: PlaceDocuments, nowMs: number): PlaceCopy {
  const fresh = Object.entries(documents).map(([name, document]) => [name, { fetchedMs: nowMs, document }] as const);
  return { ...copy, ...Object.fromEntries(fresh) } as PlaceCopy;
}

/**
 * One inventory out of many places. What two of them tell (a shared subnet; EC2 and IPAM) is taken from the first that
 * names it. Route tables and endpoints are unknown unless every place but IPAM's told them: of a part of them nobody
 * may say what is missing.
 */
export function joinPlaceCopies(copies: readonly PlaceCopy[]): InventoryFiles {
  const parsed = copies.map((copy) =>
    parseInventory(Object.fromEntries(Object.entries(copy).map(([name, { document }]) => [name, document]))),
  );
  const once = <Item>(lists: readonly (readonly Item[])[], idOf: (item: Item) => string): Item[] => {
    const known = new Map<string, Item>();
    for (const item of lists.flat()) if (!known.has(idOf(item))) known.set(idOf(item), item);
    return [...known.values()];
  };
  const routeTables = parsed.flatMap((one) => (one.routeTables ? [one.routeTables] : []));
  const endpoints = parsed.flatMap((one) => (one.endpoints ? [one.endpoints] : []));
  return {
    vpcs: once(
      parsed.map((one) => one.vpcs),
      (vpc) => vpc.VpcId,
    ),
    subnets: once(
      parsed.map((one) => one.subnets),
      (subnet) => subnet.SubnetId,
    ),
    interfaces: once(
      parsed.map((one) => one.interfaces),
      (eni) => eni.NetworkInterfaceId,
    ),
    natGateways: once(
      parsed.map((one) => one.natGateways),
      (nat) => nat.NatGatewayId,
    ),
    ...(routeTables.length > 0 ? { routeTables: once(routeTables, (table) => table.RouteTableId) } : {}),
    ...(endpoints.length > 0 ? { endpoints: once(endpoints, (endpoint) => endpoint.VpcEndpointId) } : {}),
  };
}
