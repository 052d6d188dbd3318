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
import type { Naming } from '../query/names.js';
import { COPY_NAMES, type CopySources } from './copy-sources.js';

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
