import type { LogGroup } from '../aws/log-group-source.js';
import type { FlowLogBucket } from '../aws/s3-flow-logs.js';
import type { Config } from '../config.js';
import { NetcostError } from '../errors.js';

/** Whose credentials are used where the config names no account. */
export const NO_ACCOUNT = 'of this process';

/**
 * The buckets of a config, with the account that reads each.
 * @throws NetcostError 'config' for an account that aws.accounts does not have.
 */
export function bucketsOf({ data, aws }: Pick<Config, 'data' | 'aws'>): FlowLogBucket[] {
  return data.buckets.map(({ name, prefix, region, account, days, accounts, regions }) => {
    const own = readerOf(aws, `bucket ${name}`, account);
    return {
      name,
      prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
      place: { accountId: own, region },
      days,
      accounts,
      regions,
    };
  });
}

/** The same for the log groups. */
export function logGroupsOf({ data, aws }: Pick<Config, 'data' | 'aws'>): LogGroup[] {
  return data.logGroups.map(({ name, region, account, days, interfaces }) => ({
    name,
    place: { accountId: readerOf(aws, `log group ${name}`, account), region },
    days,
    interfaces,
  }));
}

function readerOf({ accounts }: Config['aws'], what: string, account: string | undefined): string {
  if (account !== undefined && !accounts.some(({ id }) => id === account)) {
    throw new NetcostError('config', `The ${what} is read by account ${account}, which aws.accounts has not.`, {
      hint: 'Add the account with its role to aws.accounts, or leave account out to use the credentials of this process.',
    });
  }
  return account ?? accounts.find(({ role }) => role === undefined)?.id ?? NO_ACCOUNT;
}
