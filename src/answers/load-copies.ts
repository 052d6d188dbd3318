import { accountEntries, OrganizationAccounts } from '../attribution/account-owners.js';
import { AwsRangesCopy } from '../attribution/aws-ranges.js';
import { readCopy } from '../attribution/copies.js';
import { type CopyState, readStates } from '../attribution/copy-states.js';
import { HolderHistory, indexHolders } from '../attribution/holders.js';
import { NetboxOwners, netboxEntries } from '../attribution/netbox-owners.js';
import { indexOwners } from '../attribution/owners.js';
import type { OwnersFile } from '../attribution/owners-file.js';
import { ProviderCopy } from '../attribution/provider-ranges.js';
import { loadRemoteTables } from '../attribution/ranges.js';
import type { TagKeys } from '../attribution/tag-keys.js';
import type { Naming } from '../query/names.js';

/** What names are made of, besides the files: copies of what other systems told, each under its name. */
export interface CopySources {
  readonly dir: string;
  readonly tagKeys: TagKeys;
  /** Whose copies are read, by the name for a person: those that the config names, and no others that may lie there. */
  readonly netbox: boolean;
  readonly organizations: boolean;
  /** Names of the EC2 and IPAM sources, for what is missing of them. */
  readonly inventory: readonly { readonly copy: string; readonly name: string }[];
  readonly awsRanges: boolean;
  readonly providers: readonly string[];
}

/** Names of the copies that are not one per place. */
export const COPY_NAMES = {
  netbox: 'netbox',
  organizations: 'organizations',
  holders: 'holders',
  awsRanges: 'aws-ranges',
  ipam: (scope: string) => `ipam-${scope}`,
  provider: (provider: string) => `ranges-${provider.replace(/[^\w-]+/g, '_')}`,
} as const;

/** As `loadNaming`, with what other systems told. A source without a copy is told of in `copies`, and never an error. */
export async function loadWithCopies(
  file: OwnersFile,
  copies: CopySources,
  ranges: { readonly ipRanges?: string | undefined; readonly asn?: string | undefined },
): Promise<Naming> {
  const { dir, tagKeys } = copies;
  const states = await readStates(dir);
  const told: CopyState[] = [];
  const note = (name: string, copy: string, fetchedMs: number | undefined) =>
    told.push({
      name,
      fetchedMs: fetchedMs ?? states[copy]?.fetchedMs,
      error: states[copy]?.error,
      isPart: states[copy]?.isPart,
    });
  const netbox = copies.netbox ? await readCopy(dir, COPY_NAMES.netbox, NetboxOwners) : undefined;
  if (copies.netbox) note('NetBox', COPY_NAMES.netbox, netbox?.fetchedMs);
  const accounts = copies.organizations
    ? await readCopy(dir, COPY_NAMES.organizations, OrganizationAccounts)
    : undefined;
  if (copies.organizations) note('AWS Organizations', COPY_NAMES.organizations, accounts?.fetchedMs);
  for (const { copy, name } of copies.inventory) note(name, copy, undefined);
  const awsCopy =
    copies.awsRanges && ranges.ipRanges === undefined
      ? await readCopy(dir, COPY_NAMES.awsRanges, AwsRangesCopy)
      : undefined;
  const providers = await Promise.all(
    copies.providers.map(async (provider) => ({
      provider,
      copy: await readCopy(dir, COPY_NAMES.provider(provider), ProviderCopy),
    })),
  );
  const holders = await readCopy(dir, COPY_NAMES.holders, HolderHistory);
  const owners = indexOwners({
    ...file,
    owners: [
      ...file.owners,
      ...(netbox ? netboxEntries(netbox.value) : []),
      ...(accounts ? accountEntries(accounts.value, tagKeys) : []),
    ],
    tagKeys: tagKeys.team.length > 0 ? tagKeys : undefined,
    spaceOf: new Map(Object.entries(netbox?.value.spaces ?? {})),
  });
  const remotes = await loadRemoteTables({
    remotes: owners.remotes,
    ...ranges,
    awsCopy: awsCopy?.value,
    providerCopies: providers.flatMap(({ provider, copy }) => (copy ? [{ provider, prefixes: copy.value }] : [])),
  });
  return { owners, remotes, copies: told, ...(holders ? { holders: indexHolders(holders.value) } : {}) };
}
