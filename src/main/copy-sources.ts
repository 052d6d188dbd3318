import { COPY_NAMES, type CopySources } from '../answers/copy-sources.js';
import type { Config } from '../config.js';

/** A place of AWS that the inventory is read from, and the name of its copy. */
export interface InventoryPlace {
  readonly accountId: string;
  readonly region: string;
  readonly copy: string;
  /** For a person. */
  readonly name: string;
}

/** What a config says of copies: whose there are, and where they lie. */
export function copySourcesOf(config: Config): CopySources {
  const { netbox, tags, organizations, ipam } = config.owners;
  const labels = new Map(Object.entries(tags.labels).map(([name, keys]) => [name.toLowerCase(), keys]));
  return {
    dir: config.data.copies,
    tagKeys: { ...tags, labels },
    netbox: netbox.url !== undefined,
    organizations: organizations !== undefined,
    inventory: [
      ...inventoryPlaces(config),
      ...ipam.map(({ scope }) => ({ copy: COPY_NAMES.ipam(scope), name: `IPAM scope ${scope}` })),
    ],
    awsRanges: config.ranges.aws !== false,
    providers: Object.keys(config.ranges.providers),
  };
}

/** Account and Region of every inventory, in the order of the config. */
export function inventoryPlaces({ aws }: Config): InventoryPlace[] {
  return aws.accounts.flatMap(({ id, regions }) =>
    regions.map((region) => ({
      accountId: id,
      region,
      copy: `ec2-${id}-${region}`,
      name: `EC2 of account ${id}, ${region}`,
    })),
  );
}
