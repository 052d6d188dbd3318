import type { Database } from 'libsql';
import type { AddressFact } from '../flows/parsed-object.js';
import { holderOf } from '../flows/profiles.js';
import { type Row, text, whole } from './stored.js';

/** Adds to what is known of who held which address, and when. Rows that tell no holder tell nothing of a change. */
export function putHolders(db: Database, facts: readonly AddressFact[]): void {
  const put = db.prepare(
    `insert into holders values (?,?,?,?,?,?,?,?,?) on conflict (address, vpc, holder) do update set
     tags = case when excluded.tags <> '[]' and excluded.last_minute >= last_minute then excluded.tags else tags end,
     first_minute = min(first_minute, excluded.first_minute), last_minute = max(last_minute, excluded.last_minute)`,
  );
  for (const fact of facts) {
    const holder = holderOf(fact);
    if (holder === '') continue;
    const { address, vpcId, accountId, azId, workload, tags, firstMinute, lastMinute } = fact;
    put.run(address, vpcId, holder, accountId, azId, workload, JSON.stringify(tags), firstMinute, lastMinute);
  }
}

/** Holders of addresses that had more than one, by address and VPC, each list in the order of time. */
export function readHandovers(db: Database): AddressFact[][] {
  const rows = db
    .prepare(
      `select * from holders where (address, vpc) in (select address, vpc from holders group by 1, 2 having count(*) > 1)
       order by first_minute, holder`,
    )
    .all() as Row[];
  const groups = new Map<string, AddressFact[]>();
  for (const row of rows) {
    const key = `${text(row, 'address')} ${text(row, 'vpc')}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push({
      address: text(row, 'address'),
      vpcId: text(row, 'vpc'),
      accountId: text(row, 'account'),
      subnetId: '',
      azId: text(row, 'az'),
      workload: text(row, 'workload'),
      tags: JSON.parse(text(row, 'tags')) as string[],
      firstMinute: whole(row, 'first_minute'),
      lastMinute: whole(row, 'last_minute'),
    });
  }
  return [...groups.values()];
}
