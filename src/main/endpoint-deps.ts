import type { EndpointNetwork } from '../answers/endpoint-savings.js';
import type { EndpointDeps } from '../answers/endpoints.js';
import type { Engine } from '../answers/open-engine.js';
import { storedInventory } from '../rollups/stored-inventory.js';
import { readInventory } from '../triage/bundle/inventory-shapes.js';

/** What `endpoints` asks, of an engine: the same in the bot and in the terminal. */
export function endpointDeps(engine: Engine): EndpointDeps {
  return {
    ask: (input) => engine.ask(input),
    gateways: async () => (await engine.store.snapshot()).knowledge.gateways.gateways,
    network: () => networkOf(engine),
  };
}

function networkOf({ store }: Engine): EndpointNetwork | undefined {
  const files = storedInventory(store.catalog);
  if (files === undefined) return undefined;
  const { vpcs, subnets, routeTables, endpoints } = readInventory({
    vpcs: { Vpcs: files.vpcs },
    subnets: { Subnets: files.subnets },
    'route-tables': files.routeTables && { RouteTables: files.routeTables },
    'vpc-endpoints': files.endpoints && { VpcEndpoints: files.endpoints },
  });
  const regions = new Map<string, string>();
  // AWS's answers do not name the Region; a zone's name begins with it (us-west-2-lax-1a is a local zone of us-west-2).
  for (const { VpcId, AvailabilityZone = '' } of files.subnets) {
    const region = /^[a-z]{2}(?:-[a-z]+)+-\d/.exec(AvailabilityZone)?.[0];
    if (region !== undefined) regions.set(VpcId, region);
  }
  for (const { VpcId, Region } of files.vpcs) if (Region !== undefined) regions.set(VpcId, Region);
  return {
    vpcs: vpcs.map(({ id, name }) => ({ id, name, region: regions.get(id) })),
    subnets,
    routeTables: files.routeTables && routeTables,
    endpoints: files.endpoints && endpoints,
  };
}
