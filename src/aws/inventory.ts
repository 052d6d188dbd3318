import { INVENTORY_DOCUMENTS, type InventoryDocument } from '../attribution/inventory-files.js';
import type { PlaceDocuments } from '../attribution/place-copies.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { describeNetwork } from './ec2.js';

/**
 * What stands in one account and Region, with the Region put to each item, since AWS's answers do not say it. Each
 * document is for itself: `failed` tells why the others are not there. Never throws.
 */
export async function readPlace(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<{ readonly documents: PlaceDocuments; readonly failed: readonly string[] }> {
  const readings = await describeNetwork(access, place, signal);
  const documents: Partial<Record<InventoryDocument, Readonly<Record<string, readonly unknown[]>>>> = {};
  const failed: string[] = [];
  for (const name of INVENTORY_DOCUMENTS) {
    const reading = readings[name];
    if (reading.state === 'read') {
      documents[name] = Object.fromEntries(
        Object.entries(reading.value).map(([list, items]) => [
          list,
          items.map((item) => ({ ...(item as object), Region: place.region })),
        ]),
      );
    } else failed.push(reading.state === 'failed' ? reading.error : reading.reason);
  }
  return { documents, failed };
}
