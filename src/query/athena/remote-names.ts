import { parseAddress } from '../../attribution/addresses.js';
import { type RemoteTables, resolveRemote } from '../../attribution/ranges.js';
import { type AddressValues, piecesOf } from './address-values.js';

/** The keys of remotes that a statement needs. */
export type RemoteColumn = 'service' | 'provider' | 'region';

/** Columns of a remote's values; those that no asked key needs are null, so that neighbours join. */
export const REMOTE_VALUES = ['named', 'service', 'provider', 'region', 'overrides'] as const;

/**
 * What remotes are, for every address there is. The row's own service takes part where the statement runs: so `named`
 * (the name in owners.yaml) and what is published stand apart, and `overrides` has the Region of services whose own
 * prefix is in another than that of the picked one, as `S3=us-east-1;…`.
 */
export function nameRemotes(
  tables: RemoteTables,
  columns: ReadonlySet<RemoteColumn>,
  ipv6: readonly string[],
): AddressValues {
  const borders = new Set<number>([0]);
  const add = (ranges: readonly { readonly from: number; readonly to: number }[]): void => {
    for (const { from, to } of ranges) borders.add(from).add(to + 1);
  };
  add(tables.named.rangesV4());
  add(tables.aws.rangesV4());
  if (columns.has('provider')) {
    add(tables.providers.rangesV4());
    add(tables.systems?.rangesV4() ?? []);
  }
  const valuesOf = (remote: number | string): readonly (string | null)[] => {
    const found = resolveRemote(tables, remote, null);
    const address = typeof remote === 'number' ? { family: 4 as const, value: remote } : parseAddress(remote);
    const place =
      address === undefined
        ? undefined
        : address.family === 4
          ? tables.aws.lookupV4(address.value)
          : tables.aws.lookupV6(address.value);
    const overrides = [...(place?.regionOf ?? [])]
      .filter(([, region]) => region !== place?.region)
      .map(([service, region]) => `${service}=${region}`);
    const needs = (column: RemoteColumn, value: string | null): string | null => (columns.has(column) ? value : null);
    return [
      needs('service', found.via === 'named' ? found.service : null),
      needs('service', found.via === 'named' ? null : (place?.service ?? null)),
      needs('provider', found.provider),
      needs('region', found.region),
      needs('region', overrides.length === 0 ? null : overrides.join(';')),
    ];
  };
  const sorted = [...borders].filter((border) => border < 2 ** 32).sort((a, b) => a - b);
  return {
    views: [
      {
        pieces: piecesOf(sorted, valuesOf),
        ipv6: ipv6.map((address) => [address, valuesOf(address)] as const),
      },
    ],
    width: REMOTE_VALUES.length,
  };
}
