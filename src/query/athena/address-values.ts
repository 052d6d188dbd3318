import { quoteLiteral } from '../../rollups/duckdb.js';

/** From this IPv4 address up to the next piece, the values are these. */
export interface Piece {
  readonly from: number;
  readonly values: readonly (string | null)[];
}

/** What addresses stand for: a piecewise constant function of the IPv4 address, and single IPv6 addresses, by view. */
export interface AddressValues {
  readonly views: readonly {
    readonly pieces: readonly Piece[];
    readonly ipv6: readonly (readonly [string, readonly (string | null)[]])[];
  }[];
  /** How many values a piece has. */
  readonly width: number;
}

/** The pieces between ascending borders, neighbours with the same values joined; `borders` begins with 0. */
export function piecesOf(
  borders: readonly number[],
  valuesAt: (address: number) => readonly (string | null)[],
): readonly Piece[] {
  const pieces: Piece[] = [];
  let last: string | undefined;
  for (const from of borders) {
    const values = valuesAt(from);
    const text = JSON.stringify(values);
    if (text !== last) pieces.push({ from, values });
    last = text;
  }
  return pieces;
}

/**
 * The relations by which a statement looks values up, as named queries: `NAME_map` has for each view the first addresses
 * of the pieces (ascending, as doubles, for width_bucket: a binary search) and the number of the values of each;
 * `NAME_value` has the values by number, `NAME_ipv6` the numbers of single IPv6 addresses. Borders stand in the text in
 * base 36, some ten bytes a piece, and are unpacked once a statement: no join on a range, and no row a prefix.
 */
export function valueRelations(name: string, { views, width }: AddressValues): string {
  const numbers = new Map<string, number>();
  const rows: (readonly (string | null)[])[] = [];
  const numberOf = (values: readonly (string | null)[]): number => {
    const key = JSON.stringify(values);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    rows.push(values);
    numbers.set(key, rows.length);
    return rows.length;
  };
  const packed = views.flatMap(({ pieces }, view) =>
    pieces.map(({ from, values }) => `${view}:${from.toString(36)}:${numberOf(values).toString(36)}`),
  );
  const ipv6 = views.flatMap((one, view) =>
    one.ipv6.map(([address, values]) => `(${view}, ${quoteLiteral(address)}, ${numberOf(values)})`),
  );
  const literal = (value: string | null): string => (value === null ? 'null' : quoteLiteral(value));
  const columns = Array.from({ length: width }, (_, i) => `v${i}`);
  const nulls = columns.map((column) => `cast(null as varchar) as ${column}`).join(', ');
  const values =
    rows.length === 0
      ? `select 0 as id, ${nulls} where false`
      : `select id, ${columns.map((column) => `cast(${column} as varchar) as ${column}`).join(', ')} from (values ${rows
          .map((row, i) => `(${i + 1}, ${row.map(literal).join(', ')})`)
          .join(', ')}) as t(id, ${columns.join(', ')})`;
  const part = (n: number): string => `split_part(piece, ':', ${n})`;
  return `${name}_map as (select cast(${part(1)} as integer) as view_no,
    array_agg(cast(from_base(${part(2)}, 36) as double) order by nth) as firsts,
    array_agg(cast(from_base(${part(3)}, 36) as integer) order by nth) as ids
    from unnest(split(${quoteLiteral(packed.join(','))}, ',')) with ordinality as t(piece, nth) group by 1),
${name}_value as (${values}),
${name}_ipv6 as (${
    ipv6.length === 0
      ? "select 0 as view_no, '' as address, 0 as id where false"
      : `select * from (values ${ipv6.join(', ')}) as t(view_no, address, id)`
  })`;
}

/** The number of the values of an IPv4 address, over the columns of `NAME_map` under an alias. */
export const idOfAddress = (map: string, address: string): string =>
  `case when ${address} is not null then element_at(${map}.ids, width_bucket(cast(${address} as double), ${map}.firsts)) end`;
