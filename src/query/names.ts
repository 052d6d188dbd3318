import type { CopyState } from '../attribution/copy-states.js';
import type { Holders } from '../attribution/holders.js';
import type { PlaceFacts } from '../attribution/inventory.js';
import { type Owners, resolveOwner } from '../attribution/owners.js';
import { type RemoteTables, resolveRemote } from '../attribution/ranges.js';
import { ipv4Text } from '../flows/addresses.js';
import type { AddressFact, SourceContext } from '../flows/parsed-object.js';
import { quoteLiteral } from '../rollups/duckdb.js';
import { legRelation, type Snapshot, type Stretch } from '../rollups/relations.js';
import type { Store, StoredValue } from '../rollups/store.js';
import { labelColumn } from './dimensions.js';

/** What gives ids their names when reading: nothing of it is stored, so a corrected owner needs no new ingest. */
export interface Naming {
  readonly owners: Owners;
  readonly remotes: RemoteTables;
  /** Other systems whose copies owners and ranges come from, and how old these are. */
  readonly copies?: readonly CopyState[];
  /** Who had an address when, where inventories tell. */
  readonly holders?: Holders;
}

/** Tables of names over one snapshot, filled as questions need them. */
export interface Names {
  readonly clients: string;
  readonly remotes: string;
  readonly gateways: string;
  readonly ipv6: string;
  readonly ipv6Of: ReadonlyMap<bigint, string>;
  /** Labels that some owner has, in lower case. */
  readonly labels: ReadonlySet<string>;
  readonly priceRegions: readonly string[];
  /** False where some source's Region is not known: its bytes have no price. */
  readonly everyRegionPriced: boolean;
  /** Names the clients or the remotes that stand in the legs of a stretch and have no name yet. */
  nameClients(stretch: Stretch): Promise<void>;
  /** `clients`: the remotes of these alone. */
  nameRemotes(stretch: Stretch, clients?: readonly bigint[]): Promise<void>;
}

const literal = (text: string | null | undefined): string =>
  text === null || text === undefined ? 'null' : quoteLiteral(text);

/** The tables of names for a snapshot and one set of owners and ranges; made once and kept with the snapshot. */
export function openNames(store: Store, snapshot: Snapshot, naming: Naming): Promise<Names> {
  const known = snapshot.derived.get('names') as { naming: Naming; names: Promise<Names> } | undefined;
  if (known && known.naming.owners === naming.owners && known.naming.remotes === naming.remotes) return known.names;
  const names = createNames(store, snapshot, naming);
  snapshot.derived.set('names', { naming, names });
  names.catch(() => snapshot.derived.delete('names'));
  return names;
}

let generation = 0;

async function createNames(store: Store, snapshot: Snapshot, naming: Naming): Promise<Names> {
  const { schema, gateways } = snapshot.knowledge;
  generation += 1;
  const [clients, remotes, sources, ipv6] = ['client_name', 'remote_name', 'source_name', 'ipv6'].map(
    (table) => `${schema}.${table}_${generation}`,
  ) as [string, string, string, string];
  const labels = naming.owners.labelNames;
  const ipv6Of = store.catalog.ipv6();
  const services = store.catalog.services();
  const placeOf = placeFinder(store, snapshot);

  await store.query(`create table ${clients} (near bigint, context bigint, team varchar, env varchar, account varchar, vpc varchar,
    az varchar, workload varchar, is_stand_in boolean${labels.map((label) => `, ${labelColumn(label)} varchar`).join('')})`);
  await store.query(
    `create table ${remotes} (far bigint, row_service integer, service varchar, provider varchar, region varchar)`,
  );
  await store.query(
    `create table ${sources} (context bigint, nat varchar, nataz varchar, price_region varchar, nat_names varchar[])`,
  );
  await store.query(`create table ${ipv6} (id bigint, address varchar)`);
  const insert = async (table: string, rows: readonly string[]): Promise<void> => {
    for (let i = 0; i < rows.length; i += 2000)
      await store.query(`insert into ${table} values ${rows.slice(i, i + 2000).join(', ')}`);
  };
  await insert(
    sources,
    gateways.sources.map(({ context, gateway, source, isNextHop }) => {
      const nat = gateways.gateways[gateway]!;
      // A regional gateway is in several zones: the row's own zone is then the zone of the bytes.
      const zone = (isNextHop ? source.nextHopAzId : source.azId) || nat.azId || null;
      const names = [
        ...new Set([nat.id, source.nextHopInterfaceId, source.resourceId, isNextHop ? '' : source.interfaceId]),
      ]
        .filter((name) => name !== '')
        .map((name) => literal(name.toLowerCase()));
      return `(${context}, ${literal(nat.id)}, ${literal(zone)}, ${literal(nat.region || source.region || null)}, [${names.join(', ')}])`;
    }),
  );
  await insert(
    ipv6,
    [...ipv6Of].map(([id, address]) => `(${id}, ${literal(address)})`),
  );

  const textOf = (id: bigint): string | undefined =>
    id < 0n ? undefined : id < 4294967296n ? ipv4Text(Number(id)) : ipv6Of.get(id);
  const clientRow = (near: bigint, context: bigint): StoredValue[] => {
    const address = textOf(near) ?? '';
    const place = placeOf(address, context);
    const owner = resolveOwner(naming.owners, {
      address,
      vpcId: place.vpcId,
      accountId: place.accountId,
      tags: ownerTags(naming.owners, place),
    });
    const own = new Map([...(owner?.labels ?? [])].map(([key, value]) => [key.toLowerCase(), value]));
    return [
      near,
      context,
      owner?.team,
      owner?.env,
      place.accountId,
      place.vpcId,
      place.azId,
      place.workload,
      place.isStandIn,
      ...labels.map((name) => own.get(name)),
    ];
  };
  const remoteRow = (far: bigint, service: number): StoredValue[] => {
    const address = textOf(far);
    const rowService = service === 0 ? null : (services.get(service) ?? null);
    if (address === undefined) return [far, service, rowService, null, null];
    const remote = resolveRemote(naming.remotes, far < 4294967296n ? Number(far) : address, rowService);
    return [far, service, remote.service, remote.provider, remote.region];
  };

  // Each hour is looked through once: a window that has moved on by a minute costs nothing most of the time.
  const nameOnce = (name: (legs: string) => Promise<void>) => {
    const named: { readonly of: string; readonly stretch: Stretch }[] = [];
    let last: Promise<unknown> = Promise.resolve();
    return (stretch: Stretch, clientIds?: readonly bigint[]): Promise<void> => {
      const of = clientIds?.join(' ') ?? EVERYBODY;
      const next = last.then(async () => {
        const done = named.filter((part) => part.of === of || part.of === EVERYBODY).map((part) => part.stretch);
        for (const part of without(wholeHours(stretch), done)) {
          await name(legRelation(store.catalog.dir, snapshot, part, 'day', clientIds));
          named.push({ of, stretch: part });
        }
      });
      last = next.catch(() => undefined);
      return next;
    };
  };
  return {
    clients,
    remotes,
    gateways: sources,
    ipv6,
    ipv6Of,
    labels: new Set(labels),
    priceRegions: [
      ...new Set(gateways.gateways.map((g) => g.region).concat(gateways.sources.map((s) => s.source.region))),
    ]
      .filter((r) => r !== '')
      .sort(),
    everyRegionPriced: gateways.sources.every(
      ({ gateway, source }) => (gateways.gateways[gateway]!.region || source.region) !== '',
    ),
    nameClients: nameOnce(async (legs) => {
      const rows = await store.query(
        `select distinct near, context from ${legs} l where not exists (select 1 from ${clients} c where c.near = l.near and c.context = l.context)`,
      );
      await store.append(
        clients,
        rows.map(([near, context]) => clientRow(near as bigint, context as bigint)),
      );
    }),
    nameRemotes: nameOnce(async (legs) => {
      const rows = await store.query(
        `select distinct far, service from ${legs} l where not exists (select 1 from ${remotes} r where r.far = l.far and r.row_service = l.service)`,
      );
      await store.append(
        remotes,
        rows.map(([far, service]) => remoteRow(far as bigint, Number(service))),
      );
    }),
  };
}

/** What stands for no list of clients. */
const EVERYBODY = '*';

const wholeHours = ({ fromMinute, toMinute }: Stretch): Stretch => ({
  fromMinute: Math.floor(fromMinute / 60) * 60,
  toMinute: Math.ceil(toMinute / 60) * 60,
});

/** The parts of a stretch that none of the others holds. */
function without(stretch: Stretch, others: readonly Stretch[]): Stretch[] {
  let parts = [stretch];
  for (const other of others) {
    parts = parts.flatMap((part) =>
      [
        { fromMinute: part.fromMinute, toMinute: Math.min(part.toMinute, other.fromMinute) },
        { fromMinute: Math.max(part.fromMinute, other.toMinute), toMinute: part.toMinute },
      ].filter(({ fromMinute, toMinute }) => fromMinute < toMinute),
    );
  }
  return parts;
}

interface ClientPlace extends PlaceFacts {
  /** True where account or VPC are the gateway's, because nothing tells the client's. */
  readonly isStandIn: boolean;
  /** Tag values of rows, whose keys the rows do not tell (version 11). */
  readonly tagValues: readonly string[];
}

/** Where a client is: its own row, the inventory, other rows; else the gateway's account and VPC stand in. */
function placeFinder(store: Store, snapshot: Snapshot): (address: string, context: bigint) => ClientPlace {
  const facts = new Map<string, AddressFact[]>();
  for (const fact of store.catalog.facts()) facts.set(fact.address, [...(facts.get(fact.address) ?? []), fact]);
  const sources = new Map(snapshot.knowledge.gateways.sources.map((s) => [s.context, s]));
  return (address, context) => {
    const counted = sources.get(context);
    const gateway = counted && snapshot.knowledge.gateways.gateways[counted.gateway];
    const own: SourceContext | undefined = counted?.isNextHop ? counted.source : undefined;
    const known = store.inventory.placeOf(address, own?.vpcId || gateway?.vpcId || '');
    const fact = pickFact(facts.get(address), own?.vpcId || known?.vpcId || gateway?.vpcId || '');
    const vpcId = own?.vpcId || known?.vpcId || fact?.vpcId;
    const accountId = own?.accountId || known?.accountId || fact?.accountId;
    const azId = own?.azId || known?.azId || fact?.azId;
    const workload = own?.ecsService || own?.instanceId || known?.workload || fact?.workload;
    return {
      ...(vpcId || gateway?.vpcId ? { vpcId: vpcId || gateway!.vpcId } : {}),
      ...(accountId || gateway?.accountId ? { accountId: accountId || gateway!.accountId } : {}),
      ...(azId ? { azId } : {}),
      ...(workload ? { workload } : {}),
      ...(known?.tags ? { tags: known.tags } : {}),
      tagValues: own?.tags ?? fact?.tags ?? [],
      isStandIn: !vpcId || !accountId,
    };
  };
}

function pickFact(facts: readonly AddressFact[] | undefined, vpcId: string): AddressFact | undefined {
  if (!facts) return undefined;
  return facts.find((fact) => fact.vpcId === vpcId) ?? (facts.length === 1 ? facts[0] : undefined);
}

/** Tags with their keys, and tag values of rows under each key that owners.yaml asks for. */
function ownerTags(owners: Owners, place: ClientPlace): ReadonlyMap<string, string> | undefined {
  if (place.tagValues.length === 0) return place.tags;
  const tags = new Map(place.tags);
  const values = new Set(place.tagValues.map((value) => value.toLowerCase()));
  for (const entry of owners.entries) {
    for (const [key, value] of entry.tags) if (!tags.has(key) && values.has(value.toLowerCase())) tags.set(key, value);
  }
  return tags;
}
