import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Inventory } from '../attribution/inventory.js';
import { addressId, ipv4Text } from '../flows/addresses.js';
import type { Choice } from '../flows/choice.js';
import { findGateways, type Gateways, nameOfSource, type RawShare } from '../flows/gateways.js';
import { LEG_FORMS } from '../flows/legs.js';
import type { SourceContext } from '../flows/parsed-object.js';
import { findSecondaryAddresses } from '../flows/secondary-addresses.js';
import type { Catalog } from './catalog.js';
import { quoteLiteral } from './duckdb.js';
import { insertRows } from './insert-rows.js';
import { choose, fillChoices, unitOf } from './log-choice.js';

const RAW = LEG_FORMS.indexOf('raw');
const NEXT_HOP = LEG_FORMS.indexOf('next-hop');

/** What is known, at one revision of the store, of which rows count. */
export interface Knowledge {
  readonly gateways: Gateways;
  /** Per unit the log that counts and when; units that are in one log only are not listed. */
  readonly choices: ReadonlyMap<string, readonly Choice[]>;
  readonly contexts: ReadonlyMap<bigint, SourceContext>;
  /** Schema of the connection's database that holds the tables of this revision. */
  readonly schema: string;
  /** Changes when anything does that decides what counts. */
  readonly digest: string;
}

/**
 * Decides which sources count and fills the tables `counted`, `own` and `choice` of the schema, with which `fineSql`
 * reads the legs. `legs` and `presence` are SQL relations over the store's files.
 */
export async function learn(
  connection: DuckDBConnection,
  catalog: Catalog,
  inventory: Pick<Inventory, 'natGateways' | 'otherInterfaces'>,
  legs: string,
  presence: string,
  schema: string,
  secondary: SecondaryAddresses,
): Promise<Knowledge> {
  await connection.run(`create schema if not exists ${schema}`);
  await connection.run(`use ${schema}`);
  const contexts = catalog.contexts();
  const hasRaw = [...contexts.values()].some((context) => !context.hasPacketAddresses);
  const rawOwn = hasRaw ? await rawShares(connection, contexts, legs) : new Map<string, RawShare>();
  const remembered = new Map(JSON.parse(catalog.meta('gateways') ?? '[]') as [string, string[]][]);
  const gateways = findGateways(
    contexts,
    catalog.profiles(),
    inventory.natGateways,
    rawOwn,
    remembered,
    inventory.otherInterfaces,
  );
  await fillCounted(connection, gateways);
  await addSecondaryAddresses(connection, gateways, secondary);
  await fillOwn(connection, gateways);
  const choices = await choose(connection, catalog, gateways, presence);
  await fillChoices(connection, choices);
  const digest = createHash('sha256')
    .update(
      JSON.stringify([
        gateways.sources.map((s) => [String(s.context), gateways.gateways[s.gateway]!.id, s.isNextHop]).sort(),
        gateways.gateways.map((g) => [g.id, [...g.ownAddresses].sort()]),
      ]),
    )
    .digest('hex')
    .slice(0, 24);
  return { gateways, choices, contexts, schema, digest };
}

/** Choices that touch a day, as text: part of what a rollup of that day was made from. */
export function choicesOfDay(knowledge: Knowledge, day: number): string {
  const [from, to] = [day * 1440, (day + 1) * 1440];
  return JSON.stringify(
    [...knowledge.choices].map(([unit, choices]) => [
      unit,
      choices
        .filter((c) => c.toMinute > from && c.fromMinute < to)
        .map((c) => [c.log, Math.max(c.fromMinute, from), Math.min(c.toMinute, to)]),
    ]),
  );
}

/**
 * The legs that count, as an SQL relation with the columns minute, context, near, far, port, protocol, service,
 * bytes, packets and flows of both directions, and those towards the remote (`bytes_up`, …). `legs` is a relation over segment files. The rule is that of legs.ts: inside legs only, by the
 * chosen log only.
 */
export function fineSql(knowledge: Knowledge, legs: string, replaced: readonly number[]): string {
  const columns = `l."minute", l.context, l.near, case when l.form = ${RAW} then -1 else l.far end as far, l.port, l.protocol,
    case when l.form = ${RAW} then 0 else l.service end as service, l.bytes, l.packets, l.flows, l.bytes_up, l.packets_up, l.flows_up`;
  const notReplaced = replaced.length === 0 ? '' : `and l.object not in (${replaced.join(',')})`;
  const rule = ruleOfFew(knowledge);
  if (rule !== undefined) return `(select ${columns} from ${legs} l where ${rule} ${notReplaced})`;
  const chosen =
    knowledge.choices.size === 0
      ? ''
      : `left join ${knowledge.schema}.choice h on h.unit = c.unit and h.log = c.log and l."minute" >= h.from_minute and l."minute" < h.to_minute`;
  return `(select ${columns}
    from ${legs} l
    join ${knowledge.schema}.counted c on c.context = l.context and c.is_next_hop = (l.form = ${NEXT_HOP})
    left join ${knowledge.schema}.own f on f.gateway = c.gateway and f.address = l.far
    left join ${knowledge.schema}.own n on n.gateway = c.gateway and n.address = l.near
    ${chosen}
    where (l.form = ${RAW}) = (f.address is not null) and n.address is null
    ${chosen === '' ? '' : 'and (not c.has_choice or h.unit is not null)'} ${notReplaced})`;
}

/** As many sources and own addresses stand in a statement; more are joined. */
const FEW = 48;

/**
 * The same rule for few gateways and one log each, as a condition on legs `l`: DuckDB takes a third of a small question's
 * time to plan three joins. Undefined where there are more, or a choice of logs.
 */
function ruleOfFew({ gateways, choices }: Knowledge): string | undefined {
  const own = gateways.gateways.map(({ ownAddresses }) =>
    [...ownAddresses].flatMap((address) => addressId(address) ?? []),
  );
  const { sources } = gateways;
  if (choices.size > 0 || sources.length + own.flat().length > FEW) return undefined;
  const rules = new Map<bigint, string[]>();
  for (const { context, gateway, isNextHop } of sources) {
    const among = (column: string): string =>
      own[gateway]!.length === 0 ? 'false' : `${column} in (${own[gateway]!.join(', ')})`;
    const rule = `l.form ${isNextHop ? '=' : '<>'} ${NEXT_HOP} and not ${among('l.near')} and (l.form = ${RAW}) = (${among('l.far')})`;
    rules.set(context, [...(rules.get(context) ?? []), `(${rule})`]);
  }
  if (rules.size === 0) return 'false';
  return `case l.context ${[...rules].map(([context, any]) => `when ${context} then ${any.join(' or ')}`).join(' ')} else false end`;
}

/** Rows of the gateways by kind and minute, of the chosen logs. */
export function presenceSql(knowledge: Knowledge, presence: string, replaced: readonly number[]): string {
  const chosen =
    knowledge.choices.size === 0
      ? ''
      : `left join ${knowledge.schema}.choice h on h.unit = c.unit and h.log = c.log and p."minute" >= h.from_minute and p."minute" < h.to_minute`;
  return `(select p."minute", p.context, p.ok, p.no_data, p.skip_data, p.rejected
    from ${presence} p join ${knowledge.schema}.counted c on c.context = p.context ${chosen}
    where true ${chosen === '' ? '' : 'and (not c.has_choice or h.unit is not null)'}
    ${replaced.length === 0 ? '' : `and p.object not in (${replaced.join(',')})`})`;
}

async function fillCounted(connection: DuckDBConnection, gateways: Gateways): Promise<void> {
  await connection.run(
    'create or replace table counted (context bigint, gateway integer, is_next_hop boolean, unit varchar, log varchar, has_choice boolean)',
  );
  const units = new Map<string, number>();
  const rows = gateways.sources.map(({ context, gateway, isNextHop, source }) => {
    const unit = unitOf(gateway, isNextHop, source.interfaceId);
    if (!units.has(unit)) units.set(unit, units.size);
    return `(${context}, ${gateway}, ${isNextHop}, ${quoteLiteral(unit)}, ${quoteLiteral(source.flowLogId)}, false)`;
  });
  await insertRows(connection, 'counted', rows);
}

async function fillOwn(connection: DuckDBConnection, gateways: Gateways): Promise<void> {
  await connection.run('create or replace table own (gateway integer, address bigint)');
  const rows = gateways.gateways.flatMap(({ ownAddresses }, gateway) =>
    [...ownAddresses].flatMap((address) => {
      const id = addressId(address);
      return id === undefined ? [] : [`(${gateway}, ${id})`];
    }),
  );
  await insertRows(connection, 'own', rows);
}

/** What is known of secondary addresses, and the legs that were not looked through for more yet. */
export interface SecondaryAddresses {
  /** Own addresses by gateway. */
  readonly known: ReadonlyMap<string, readonly string[]>;
  /** A relation over segment files; undefined where all were looked through. */
  readonly unseenLegs: string | undefined;
}

/** Secondary addresses of gateways that no inventory described, from the rows (secondary-addresses.ts). */
async function addSecondaryAddresses(
  connection: DuckDBConnection,
  gateways: Gateways,
  { known, unseenLegs }: SecondaryAddresses,
): Promise<void> {
  for (const { id, ownAddresses } of gateways.gateways) {
    for (const address of known.get(id) ?? []) (ownAddresses as Set<string>).add(address);
  }
  if (unseenLegs === undefined) return;
  const incomplete = gateways.gateways.flatMap((gateway, i) =>
    gateway.hasAllAddresses || gateway.knownBy === 'next-hop' ? [] : [i],
  );
  if (incomplete.length === 0) return;
  const found = await findSecondaryAddresses(
    async (sql) => (await connection.runAndReadAll(sql)).getRows() as unknown as (readonly (number | bigint)[])[],
    unseenLegs,
    incomplete,
  );
  for (const { gateway, address } of found) {
    const own = gateways.gateways[gateway]!.ownAddresses as Set<string>;
    // A subnet is at most a /16, so a secondary address shares the first two octets with the primary one.
    const value = ipv4Text(Number(address));
    const prefix = value.split('.').slice(0, 2).join('.');
    if ([...own].some((one) => one.startsWith(`${prefix}.`))) own.add(value);
  }
}

/** For interfaces without packet addresses: the address that stands in all rows, with the bytes to and from it. */
async function rawShares(
  connection: DuckDBConnection,
  contexts: ReadonlyMap<bigint, SourceContext>,
  legs: string,
): Promise<Map<string, RawShare>> {
  const result = await connection.runAndReadAll(
    `select context, far, sum(flows)::bigint, sum(bytes_up)::double, sum(bytes - bytes_up)::double
     from ${legs} where form = ${RAW} group by all`,
  );
  const byInterface = new Map<
    string,
    { total: number; far: Map<bigint, { rows: number; up: number; down: number }> }
  >();
  for (const [context, far, rows, up, down] of result.getRows() as unknown as [
    bigint,
    bigint,
    bigint,
    number,
    number,
  ][]) {
    const source = contexts.get(context);
    if (!source) continue;
    const name = nameOfSource(source);
    const entry = byInterface.get(name) ?? { total: 0, far: new Map() };
    const share = entry.far.get(far) ?? { rows: 0, up: 0, down: 0 };
    entry.total += Number(rows) / 2;
    entry.far.set(far, { rows: share.rows + Number(rows), up: share.up + up, down: share.down + down });
    byInterface.set(name, entry);
  }
  const shares = new Map<string, RawShare>();
  for (const [name, { total, far }] of byInterface) {
    const [address, best] = [...far].sort((a, b) => b[1].rows - a[1].rows || (a[0] < b[0] ? -1 : 1))[0]!;
    if (address >= 0n && address < 2n ** 32n) {
      shares.set(name, {
        address: ipv4Text(Number(address)),
        share: best.rows / total,
        bytesUp: best.up,
        bytesDown: best.down,
      });
    }
  }
  return shares;
}
