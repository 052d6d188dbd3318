import type { Config } from '../config.js';

/** The accounts of the config as src/aws takes them. */
export const accountsOf = (accounts: Config['aws']['accounts']) =>
  accounts.map(({ id, role, externalId, regions }) => ({ accountId: id, roleArn: role, externalId, regions }));
