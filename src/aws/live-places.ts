import { NetcostError } from '../errors.js';
import type { Alert } from '../triage/alerts/alert.js';
import { objectOf, textOf } from '../triage/alerts/fields.js';
import { measureNat } from '../triage/evidence/nat-metrics.js';
import { DAY_MS, HOUR_MS } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { within } from './ask.js';
import { describeNetwork, type NetworkDocuments } from './ec2.js';
import { readHourlyBytes } from './triage-metrics.js';

/** Where an incident is, and what else was seen on the way there. */
export interface LivePlace {
  /** Account and Region of the gateways. */
  readonly place: AwsPlace;
  /** Other accounts that are read in this Region: clients behind a transit gateway or in a shared VPC live there. */
  readonly neighbours: readonly AwsPlace[];
  readonly network: (place: AwsPlace) => Promise<NetworkDocuments>;
  /** What could not be told about the place, a line each. */
  readonly lacks: readonly string[];
}

/** Whoever does not answer in this time is one of the places that did not; the diagnosis has a minute in all. */
const FIRST_LOOK_MS = 10_000;
/** Two weeks show what is usual; more is not needed to see where it rose. */
const LOOK_BACK_MS = 14 * DAY_MS;

/**
 * Finds the account and Region of an alert: where its gateways are; without any, where the gateways' bytes rose most
 * among the places that the alert names, or among all.
 * @throws NetcostError 'config' without accounts; 'input' where `mustHave` and no place has the gateways.
 */
export async function findPlace(
  access: Pick<AwsAccess, 'client' | 'places'>,
  alert: Alert,
  options: { readonly nowMs: number; readonly signal?: AbortSignal; readonly mustHave: boolean },
): Promise<LivePlace> {
  const { nowMs, signal, mustHave } = options;
  if (access.places.length === 0) {
    throw new NetcostError('config', 'There is nothing to ask: aws.accounts of the config is empty.', {
      hint: 'Name the accounts and Regions under aws.accounts, or diagnose a recorded incident with --bundle DIR.',
    });
  }
  const made = new Map<AwsPlace, Promise<NetworkDocuments>>();
  const network = (place: AwsPlace) => {
    const known = made.get(place) ?? describeNetwork(access, place, within(FIRST_LOOK_MS, signal));
    made.set(place, known);
    return known;
  };
  const named = namedPlaces(access.places, alert);
  const at = (place: AwsPlace, lacks: readonly string[]): LivePlace => ({
    place,
    neighbours: access.places.filter((one) => one !== place && one.region === place.region),
    network,
    lacks,
  });
  if (alert.natGatewayIds.length > 0) {
    const holding =
      (await placesOf(named, alert.natGatewayIds, network)) ??
      (await placesOf(access.places, alert.natGatewayIds, network));
    if (holding !== null) return at(holding, []);
    const silent = await silentPlaces(access.places, network);
    if (mustHave) {
      throw new NetcostError(
        'input',
        `No account that is read has ${alert.natGatewayIds.join(', ')}${silent.length > 0 ? `; ${silent.join(', ')} did not answer` : ''}.`,
        { hint: 'Look at the id, and at aws.accounts of the config.' },
      );
    }
  }
  if (named.length === 1) return at(named[0] as AwsPlace, []);
  return byRise(access, named, network, nowMs, signal, at);
}

/** The configured places that an alert's accounts and Regions leave; all where it names none of them. */
function namedPlaces(places: readonly AwsPlace[], { accountIds, regions }: Alert): readonly AwsPlace[] {
  const inAccounts = places.filter(({ accountId }) => accountIds.includes(accountId));
  const left = inAccounts.length > 0 ? inAccounts : places;
  const inRegions = left.filter(({ region }) => regions.includes(region));
  return inRegions.length > 0 ? inRegions : left;
}

async function placesOf(
  places: readonly AwsPlace[],
  natGatewayIds: readonly string[],
  network: LivePlace['network'],
): Promise<AwsPlace | null> {
  const counts = await Promise.all(
    places.map(async (place) => ({
      place,
      held: natIdsOf(await network(place)).filter((id) => natGatewayIds.includes(id)).length,
    })),
  );
  const [best] = counts.sort((a, b) => b.held - a.held);
  return best && best.held > 0 ? best.place : null;
}

async function silentPlaces(places: readonly AwsPlace[], network: LivePlace['network']): Promise<string[]> {
  const asked = await Promise.all(
    places.map(async (place) => ((await network(place))['nat-gateways'].state === 'read' ? [] : [nameOf(place)])),
  );
  return asked.flat();
}

async function byRise(
  access: Pick<AwsAccess, 'client'>,
  places: readonly AwsPlace[],
  network: LivePlace['network'],
  nowMs: number,
  signal: AbortSignal | undefined,
  at: (place: AwsPlace, lacks: readonly string[]) => LivePlace,
): Promise<LivePlace> {
  const toMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const looked = await Promise.all(
    places.map(async (place) => {
      try {
        const ids = natIdsOf(await network(place));
        const window = { fromMs: toMs - LOOK_BACK_MS, toMs };
        const measured = measureNat(await readHourlyBytes(access, place, ids, window, within(FIRST_LOOK_MS, signal)));
        return { place, rose: measured?.hasExcess ? (measured.rise?.excess ?? 0) : 0, gateways: ids.length };
      } catch {
        return { place, rose: 0, gateways: -1 };
      }
    }),
  );
  const [best, ...others] = [...looked].sort((a, b) => b.rose - a.rose || b.gateways - a.gateways);
  const silent = looked.filter(({ gateways }) => gateways < 0).map(({ place }) => nameOf(place));
  const risen = others.filter(({ rose }) => rose > 0).map(({ place }) => nameOf(place));
  return at((best as (typeof looked)[number]).place, [
    ...(silent.length > 0
      ? [`${silent.join(', ')} did not answer, so whether the gateways there rose is not known`]
      : []),
    ...(risen.length > 0 ? [`gateways of ${risen.join(', ')} rose too; each is a diagnosis of its own`] : []),
  ]);
}

/** Ids of the NAT gateways that EC2 shows at a place; none where it could not be asked. */
export function natIdsOf(documents: NetworkDocuments): string[] {
  const reading = documents['nat-gateways'];
  if (reading.state !== 'read') return [];
  return (reading.value.NatGateways ?? []).flatMap((one) => textOf(objectOf(one), 'NatGatewayId') ?? []);
}

/** "111122223333 in eu-west-1". */
export function nameOf({ accountId, region }: AwsPlace): string {
  return `${accountId} in ${region}`;
}
