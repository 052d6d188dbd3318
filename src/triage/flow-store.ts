import { ipv4Text } from '../flows/addresses.js';
import { EVERYTHING, legRelation, presenceRelation, type Snapshot } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';
import { HOUR_MS, MINUTE_MS } from '../units.js';
import type { ClientFact, FlowReading, FlowSum } from './sources.js';

/** Ten minutes: the coarsest aggregation of flow logs, so a row is never spread over what it does not know. */
const BUCKET_MINUTES = 10;

/**
 * The sums that a diagnosis needs, from the store that answers questions too: counted legs by time, gateway, client,
 * remote, port, protocol, direction and AWS service, and how complete they are. `outside` comes from elsewhere: the
 * store counts inside legs alone.
 */
export async function readFlowStore(
  store: Store,
  window: { readonly fromMs: number; readonly toMs: number } | null,
  outside: (gateways: FlowReading['gateways']) => Promise<readonly FlowSum[]>,
): Promise<FlowReading> {
  const snapshot = await store.snapshot();
  const { sources, gateways } = snapshot.knowledge.gateways;
  const known = gateways.map((gateway) => {
    const fact = store.inventory.natGateways.find((one) => one.natGatewayId === gateway.id);
    return {
      id: gateway.id,
      vpcId: gateway.vpcId || undefined,
      addresses: [...new Set([...gateway.ownAddresses, ...(fact?.addresses ?? [])])],
    };
  });
  const stretch = stretchOf(snapshot, window);
  const coverage = await readCoverage(store, snapshot, stretch);
  const sums = await readSums(store, snapshot, stretch);
  const hasPacketAddresses = sources.length === 0 || sources.some((one) => one.source.hasPacketAddresses);
  return {
    sums,
    bucketMs: BUCKET_MINUTES * MINUTE_MS,
    ...coverage,
    malformedLines: [...store.catalog.malformed().values()].reduce((sum, one) => sum + one.count, 0),
    hasPacketAddresses,
    outside: hasPacketAddresses ? [] : await outside(known),
    natGatewaysSeen: [...new Set(sums.flatMap((sum) => sum.natGatewayId ?? []))].sort(),
    gateways: known,
    facts: clientFacts(store),
  };
}

interface Minutes {
  readonly fromMinute: number;
  readonly toMinute: number;
}

function stretchOf(snapshot: Snapshot, window: { readonly fromMs: number; readonly toMs: number } | null): Minutes {
  const first = Math.min(...snapshot.segments.map((segment) => segment.firstMinute));
  const last = Math.max(...snapshot.segments.map((segment) => segment.lastMinute));
  if (snapshot.segments.length === 0) return { fromMinute: 0, toMinute: 0 };
  return {
    fromMinute: Math.max(first, window ? Math.floor(window.fromMs / MINUTE_MS) : first),
    toMinute: Math.min(last + 1, window ? Math.ceil(window.toMs / MINUTE_MS) : last + 1),
  };
}

async function readSums(store: Store, snapshot: Snapshot, stretch: Minutes): Promise<FlowSum[]> {
  const { sources, gateways } = snapshot.knowledge.gateways;
  const gatewayOf = new Map(sources.map((one) => [one.context, gateways[one.gateway]?.id ?? null]));
  const services = store.catalog.services();
  const ipv6 = store.catalog.ipv6();
  const text = (id: bigint) => (id < 0n ? null : id < 4294967296n ? ipv4Text(Number(id)) : (ipv6.get(id) ?? null));
  const rows = await store.query(
    `select t - t % ${BUCKET_MINUTES} as bucket, context, near, far, port, protocol, up, service,
       sum(bytes)::double, sum(packets)::double, sum(flows)::double
     from ${legRelation(store.catalog.dir, snapshot, stretch, EVERYTHING)} group by all`,
  );
  return rows.map(([bucket, context, near, far, port, protocol, up, service, bytes, packets, flows]) => ({
    atMs: Number(bucket) * MINUTE_MS,
    natGatewayId: gatewayOf.get(context as bigint) ?? null,
    client: text(near as bigint),
    remote: text(far as bigint),
    port: Number(port) < 0 ? null : Number(port),
    protocol: Number(protocol) < 0 ? null : Number(protocol),
    direction: Number(up) === 1 ? 'up' : 'down',
    awsService: Number(service) === 0 ? null : (services.get(Number(service)) ?? null),
    bytes: Number(bytes),
    packets: Number(packets),
    flows: Number(flows),
  }));
}

async function readCoverage(store: Store, snapshot: Snapshot, stretch: Minutes) {
  const rows = await store.query(
    `select "minute" // 60 as hour, min("minute"), max("minute"), sum(ok)::double, sum(no_data)::double, sum(skip_data)::double, sum(rejected)::double
     from ${presenceRelation(store.catalog.dir, snapshot, stretch)} group by all`,
  );
  const busy = rows.filter((row) => Number(row[3]) > 0);
  const total = (column: number) => rows.reduce((sum, row) => sum + Number(row[column]), 0);
  const hours = new Set(busy.map((row) => Number(row[0])));
  const first = Math.min(...busy.map((row) => Number(row[1])));
  const last = Math.max(...busy.map((row) => Number(row[2])));
  const emptyHours: number[] = [];
  for (let hour = Math.min(...hours); hour <= Math.max(...hours); hour += 1)
    if (!hours.has(hour)) emptyHours.push(hour * HOUR_MS);
  return {
    fromMs: busy.length === 0 ? null : first * MINUTE_MS,
    // A row belongs to the minute of its start and lasts up to ten.
    toMs: busy.length === 0 ? null : (last + BUCKET_MINUTES) * MINUTE_MS,
    emptyHours,
    noDataRows: total(4),
    skipDataRows: total(5),
    rejectedFlows: total(6),
  };
}

function clientFacts(store: Store): Map<string, ClientFact> {
  return new Map(
    store.catalog.facts().map((fact) => [
      fact.address,
      {
        vpcId: fact.vpcId || undefined,
        subnetId: fact.subnetId || undefined,
        az: fact.azId || undefined,
        workload: fact.workload || undefined,
        accountId: fact.accountId || undefined,
      },
    ]),
  );
}
