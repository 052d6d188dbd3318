import * as z from 'zod';
import type { OwnerEntry } from './owners-file.js';
import { ownerOfTags, type TagKeys } from './tag-keys.js';

/** The accounts of an organisation with their tags, as a copy keeps them. */
export const OrganizationAccounts = z.array(
  z.object({ id: z.string(), name: z.string(), tags: z.record(z.string(), z.string()) }),
);
export type OrganizationAccounts = z.infer<typeof OrganizationAccounts>;

/** The owners of whole accounts, by their tags. An account that no tag gives to a team is nobody's. */
export function accountEntries(accounts: OrganizationAccounts, keys: TagKeys): OwnerEntry[] {
  return accounts.flatMap(({ id, tags }): OwnerEntry[] => {
    const owner = ownerOfTags(keys, new Map(Object.entries(tags)));
    if (owner === undefined) return [];
    const { team, env, channel, labels } = owner;
    const nothing = { prefixes: [], vpcs: [], tags: new Map<string, string>() };
    return [{ team, env, channel, labels, ...nothing, accounts: [id], source: 'AWS Organizations' }];
  });
}
