import { objectOf, textOf } from '../triage/alerts/fields.js';
import { INVENTORY_FILES } from '../triage/bundle/inventory-shapes.js';
import type { Reading } from '../triage/sources.js';
import type { AwsPlace } from './access.js';
import type { NetworkDocuments } from './ec2.js';
import { nameOf } from './live-places.js';
import type { TrailDocument } from './trail.js';

const ID_OF: Readonly<Record<string, string>> = {
  Vpcs: 'VpcId',
  Subnets: 'SubnetId',
  RouteTables: 'RouteTableId',
  NatGateways: 'NatGatewayId',
  VpcEndpoints: 'VpcEndpointId',
  NetworkInterfaces: 'NetworkInterfaceId',
};

/**
 * One inventory of several accounts. What the gateway's own account refuses is missing for all; a neighbour that
 * refuses anything is left out whole, so that nobody takes its VPC for one without endpoints.
 */
export function mergeNetworks(own: NetworkDocuments, around: readonly (readonly [AwsPlace, NetworkDocuments])[]) {
  const lacks: string[] = [];
  const whole = around.filter(([place, documents]) => {
    const failed = Object.values(documents).find((reading) => reading.state === 'failed');
    if (failed?.state === 'failed')
      lacks.push(`account ${nameOf(place)} could not be read (${failed.error}), so nothing is said about its VPCs`);
    return failed === undefined;
  });
  const merged: Record<string, unknown> = {};
  for (const file of INVENTORY_FILES) {
    const first = own[file];
    if (first.state !== 'read') continue;
    const [list, items] = Object.entries(first.value)[0] ?? ['', []];
    const seen = new Set<string>();
    const all = [items, ...whole.map(([, documents]) => listsOf(documents[file])[list] ?? [])].flat();
    merged[file] = {
      // A shared VPC shows in the accounts of both.
      [list]: all.filter((one) => {
        const id = textOf(objectOf(one), ID_OF[list] ?? '') ?? '';
        return !seen.has(id) && seen.add(id);
      }),
    };
  }
  return { merged, lacks };
}

function listsOf(reading: NetworkDocuments['vpcs']): Readonly<Record<string, readonly unknown[]>> {
  return reading.state === 'read' ? reading.value : {};
}

/** Changes of all accounts as one answer; what was searched is what was searched in each. */
export function mergeTrails(
  place: AwsPlace,
  own: Reading<TrailDocument>,
  others: readonly AwsPlace[],
  looks: readonly Reading<TrailDocument>[],
): Reading<unknown> {
  // Without the gateway's own account nothing of its changes is known: that is a failed source, whatever others say.
  if (own.state !== 'read') return own;
  const read = looks.flatMap((reading) => (reading.state === 'read' ? [reading.value] : []));
  const all = [own.value, ...read];
  const time = (event: unknown) => Date.parse(textOf(objectOf(event), 'EventTime') ?? '') || 0;
  const froms = all.map(({ Searched }) => Searched.From).sort();
  return {
    state: 'read',
    value: {
      Events: all.flatMap(({ Events }) => Events).sort((a, b) => time(b) - time(a)),
      Searched: {
        ...own.value.Searched,
        From: froms.at(-1),
        Pages: all.reduce((sum, { Searched }) => sum + Searched.Pages, 0),
        Truncated: all.some(({ Searched }) => Searched.Truncated),
      },
    },
    lacks: looks.flatMap((reading, index) =>
      reading.state === 'failed'
        ? [`account ${nameOf(others[index] ?? place)} could not be searched (${reading.error})`]
        : [],
    ),
  };
}
