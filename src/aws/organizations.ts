import { ListAccountsCommand, ListTagsForResourceCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import type { OrganizationAccounts } from '../attribution/account-owners.js';
import { NetcostError } from '../errors.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask, readPages } from './ask.js';

/** 20 accounts a page: the largest organisations have ten thousand. */
const MOST_PAGES = 1_000;
/** Organizations allows few requests a second; the SDK slows down where it is told to. */
const TAGS_AT_ONCE = 4;

/**
 * The accounts of the organisation with their tags, by the account that may list them (the management account or a
 * delegated administrator). All of them or none: an organisation without half of its accounts would be a lie.
 * @throws NetcostError 'upstream'
 */
export async function readOrganization(
  access: Pick<AwsAccess, 'client'>,
  accountId: string,
  signal?: AbortSignal,
): Promise<OrganizationAccounts> {
  // Organizations answers in one Region for all (AWS, "AWS Organizations endpoints").
  const place: AwsPlace = { accountId, region: 'us-east-1' };
  const client = access.client(OrganizationsClient, place);
  const { items, hasMore } = await readPages(MOST_PAGES, (NextToken) =>
    ask('organizations:ListAccounts', place, signal, async (options) => {
      const answer = await client.send(new ListAccountsCommand({ NextToken }), options);
      return { items: answer.Accounts ?? [], token: answer.NextToken };
    }),
  );
  if (hasMore) throw new NetcostError('upstream', `organizations:ListAccounts has more than ${MOST_PAGES} pages.`);
  const accounts: OrganizationAccounts[number][] = [];
  const left = items.filter(({ Id }) => Id !== undefined);
  const work = async () => {
    for (let account = left.shift(); account !== undefined; account = left.shift()) {
      const { Id: id = '', Name: name = '' } = account;
      const tags = await readPages(MOST_PAGES, (NextToken) =>
        ask('organizations:ListTagsForResource', place, signal, async (options) => {
          const answer = await client.send(new ListTagsForResourceCommand({ ResourceId: id, NextToken }), options);
          return { items: answer.Tags ?? [], token: answer.NextToken };
        }),
      );
      accounts.push({ id, name, tags: Object.fromEntries(tags.items.map(({ Key = '', Value = '' }) => [Key, Value])) });
    }
  };
  await Promise.all(Array.from({ length: TAGS_AT_ONCE }, work));
  return accounts.sort((a, b) => (a.id < b.id ? -1 : 1));
}
