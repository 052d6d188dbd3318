import { AthenaClient, GetTableMetadataCommand, GetWorkGroupCommand } from '@aws-sdk/client-athena';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';

/** What of a work group matters to netcost. */
export interface WorkGroupSetup {
  readonly isEnabled: boolean;
  /** A statement is cut off (and billed) above it; undefined = without end. */
  readonly limitBytes: number | undefined;
  /** Its own place for results, or Athena's: a config then needs none. */
  readonly hasResultPlace: boolean;
}

/** Throws NetcostError 'upstream' in words. */
export async function readWorkGroup(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  name: string,
  signal?: AbortSignal,
): Promise<WorkGroupSetup> {
  const client = access.client(AthenaClient, place);
  const { WorkGroup } = await ask('athena:GetWorkGroup', place, signal, (send) =>
    client.send(new GetWorkGroupCommand({ WorkGroup: name }), send),
  );
  const { ResultConfiguration, ManagedQueryResultsConfiguration, BytesScannedCutoffPerQuery } =
    WorkGroup?.Configuration ?? {};
  return {
    isEnabled: WorkGroup?.State !== 'DISABLED',
    limitBytes: BytesScannedCutoffPerQuery,
    hasResultPlace:
      ResultConfiguration?.OutputLocation !== undefined || ManagedQueryResultsConfiguration?.Enabled === true,
  };
}

/** Names of a table's columns, those of its partitions apart. Throws NetcostError 'upstream' in words. */
export async function readTableColumns(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  table: { readonly catalog: string; readonly database: string; readonly name: string },
  signal?: AbortSignal,
): Promise<{ readonly columns: readonly string[]; readonly partitions: readonly string[] }> {
  const client = access.client(AthenaClient, place);
  const { TableMetadata } = await ask('athena:GetTableMetadata', place, signal, (send) =>
    client.send(
      new GetTableMetadataCommand({ CatalogName: table.catalog, DatabaseName: table.database, TableName: table.name }),
      send,
    ),
  );
  const names = (columns: readonly { readonly Name?: string | undefined }[] | undefined): readonly string[] =>
    (columns ?? []).map(({ Name }) => Name ?? '');
  return { columns: names(TableMetadata?.Columns), partitions: names(TableMetadata?.PartitionKeys) };
}
