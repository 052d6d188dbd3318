import type { PlaceFacts } from '../attribution/inventory.js';
import { type Owners, resolveOwner } from '../attribution/owners.js';
import { type RemoteTables, resolveRemote } from '../attribution/ranges.js';
import { ipv4Text } from '../flows/addresses.js';
import type { AddressFact, SourceContext } from '../flows/parsed-object.js';
import type { Snapshot, Store } from '../rollups/store.js';
import { labelColumn } from './dimensions.js';

/** What gives ids their names when reading: nothing of it is stored, so a corrected owner needs no new ingest. */
export interface Naming {
  readonly owners: Owners;
  readonly remotes: RemoteTables;
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
  /** Names the clients and remotes of a relation of legs that have none yet. */
  nameClients(legs: string): Promise<void>;
  nameRemotes(legs: string): Promise<void>;
}

const literal = (text: string | null | undefined): string =>
  text === null || text === undefined ? 'null' : `'${text.replaceAll("'", "''")}'`;

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
  const labels = [
    ...new Set(naming.owners.entries.flatMap((entry) => [...entry.labels.keys()].map((label) => label.toLowerCase()))),
  ].sort();
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
  const clientRow = (near: bigint, context: bigint): string => {
    const address = textOf(near) ?? '';
    const place = placeOf(address, context);
    const owner = resolveOwner(naming.owners, {
      address,
      vpcId: place.vpcId,
      accountId: place.accountId,
      tags: ownerTags(naming.owners, place),
    });
    const label = (name: string): string =>
      literal([...(owner?.labels ?? [])].find(([key]) => key.toLowerCase() === name)?.[1]);
    return `(${near}, ${context}, ${literal(owner?.team)}, ${literal(owner?.env)}, ${literal(place.accountId)}, ${literal(place.vpcId)},
      ${literal(place.azId)}, ${literal(place.workload)}, ${place.isStandIn}${labels.map((name) => `, ${label(name)}`).join('')})`;
  };
  const remoteRow = (far: bigint, service: number): string => {
    const address = textOf(far);
    const rowService = service === 0 ? null : (services.get(service) ?? null);
    if (address === undefined) return `(${far}, ${service}, ${literal(rowService)}, null, null)`;
    const remote = resolveRemote(naming.remotes, far < 4294967296n ? Number(far) : address, rowService);
    return `(${far}, ${service}, ${literal(remote.service)}, ${literal(remote.provider)}, ${literal(remote.region)})`;
  };

  // A question names what it meets first; two at once must not name the same twice.
  let naming_: Promise<unknown> = Promise.resolve();
  const oneByOne = (work: () => Promise<void>): Promise<void> => {
    const next = naming_.then(work);
    naming_ = next.catch(() => undefined);
    return next;
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
    nameClients: (legs) =>
      oneByOne(async () => {
        const rows = await store.query(
          `select distinct near, context from ${legs} l where not exists (select 1 from ${clients} c where c.near = l.near and c.context = l.context)`,
        );
        await insert(
          clients,
          rows.map(([near, context]) => clientRow(near as bigint, context as bigint)),
        );
      }),
    nameRemotes: (legs) =>
      oneByOne(async () => {
        const rows = await store.query(
          `select distinct far, service from ${legs} l where not exists (select 1 from ${remotes} r where r.far = l.far and r.row_service = l.service)`,
        );
        await insert(
          remotes,
          rows.map(([far, service]) => remoteRow(far as bigint, Number(service))),
        );
      }),
  };
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
