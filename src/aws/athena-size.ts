import type { FlowTable } from '../flows/ddl.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { listPage } from './s3.js';

/** Where a table's objects lie. */
interface TableObjects {
  /** `s3://bucket/prefix` */
  readonly location: string;
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
}

/** A thousand objects each: a day of a busy VPC has some hundred an hour. */
const MOST_PAGES = 20;

/**
 * Bytes of one day's objects of a table, all accounts and Regions together; undefined where they cannot be listed or are
 * too many to. Costs a request for each thousand objects.
 */
export async function bytesOfDay(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  { location, accounts, regions }: TableObjects,
  { layout }: FlowTable,
  day: number,
): Promise<number | undefined> {
  const [, name = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(location) ?? [];
  const [year, month, date] = new Date(day * 86_400_000).toISOString().slice(0, 10).split('-');
  const root = prefix === '' ? 'AWSLogs/' : `${prefix.replace(/\/+$/, '')}/AWSLogs/`;
  const folders = accounts.flatMap((account) =>
    regions.map((region) =>
      layout === 'date'
        ? `${root}${account}/vpcflowlogs/${region}/${year}/${month}/${date}/`
        : `${root}aws-account-id=${account}/aws-service=vpcflowlogs/aws-region=${region}/year=${year}/month=${month}/day=${date}/`,
    ),
  );
  let bytes = 0;
  let pages = 0;
  try {
    for (const folder of folders) {
      let startAfter: string | undefined;
      for (;;) {
        if (pages++ >= MOST_PAGES) return undefined;
        const page = await listPage(
          access as AwsAccess,
          { name, place },
          {
            prefix: folder,
            ...(startAfter === undefined ? {} : { startAfter }),
          },
        );
        for (const { size } of page.objects) bytes += size;
        startAfter = page.objects.at(-1)?.key;
        if (!page.isCut || startAfter === undefined) break;
      }
    }
  } catch {
    return undefined;
  }
  return bytes;
}
