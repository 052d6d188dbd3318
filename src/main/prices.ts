import { refreshPrices } from '../../jobs/refresh-prices.js';
import { openAwsAccess } from '../aws/access.js';
import { fetchRates } from '../aws/price-list.js';
import type { Config } from '../config.js';
import { writePrices } from '../pricing/price-cache.js';
import { openStore } from '../rollups/store.js';
import type { Job } from '../schedule.js';
import { accountsOf } from './accounts.js';

/**
 * The job that reads list prices for the Regions of the gateways in the store and of the config; undefined where no
 * account may be asked. Prices are the same for every account, so the first one asks.
 */
export function pricesJob(
  { aws, data, schedule }: Pick<Config, 'aws' | 'data' | 'schedule'>,
  nowMs: () => number,
): Job | undefined {
  const [account] = aws.accounts;
  if (account === undefined) return undefined;
  return refreshPrices({
    when: schedule.prices,
    regions: async () => {
      const store = await openStore(data.store, { create: true });
      try {
        const { gateways } = (await store.snapshot()).knowledge.gateways;
        const all = [...gateways.map(({ region }) => region), ...aws.accounts.flatMap(({ regions }) => regions)];
        return [...new Set(all.filter((region) => region !== ''))].sort();
      } finally {
        store.close();
      }
    },
    fetch: async (region, signal) => {
      const access = openAwsAccess(accountsOf([account]));
      try {
        return await fetchRates(access, account.id, region, signal);
      } finally {
        access.close();
      }
    },
    keep: (fetched) => writePrices(data.store, fetched, nowMs()),
  });
}
