import type { Call, Reply } from '../src/answers/reply.js';
import { type Identity, identifyAddress, type Names } from '../src/attribution/identify.js';
import { NO_OWNERS } from '../src/attribution/owners.js';
import { NetcostError } from '../src/errors.js';
import { cleanQuestion } from '../src/query/question-words.js';

export const name = 'who';
export const usage = 'who ADDRESS…';
export const summary = 'who is behind an address: owner or provider, service, region, how it is known';

const MOST_ADDRESSES = 100;

/** What names are read from; loaded when first asked for. */
export interface WhoDeps {
  readonly names: () => Promise<Names>;
}

/** Says who is behind each address, in the order asked. Throws NetcostError('usage') for what is no address. */
export async function handle(deps: WhoDeps, call: Call): Promise<Reply> {
  const asked = [
    ...new Set(
      cleanQuestion(call.text)
        .split(/[\s,;]+/)
        .filter((word) => word !== ''),
    ),
  ];
  if (asked.length === 0) throw refuse('No address was given.');
  if (asked.length > MOST_ADDRESSES)
    throw refuse(`${asked.length} addresses were given; allowed are ${MOST_ADDRESSES}.`);
  const names = await deps.names();
  const found = asked.map((text) => {
    const identity = identifyAddress(names, text);
    if (!identity) throw refuse(`"${text.slice(0, 60)}" is no IP address.`);
    return identity;
  });
  const maySee = ({ owner }: Identity) =>
    owner === undefined || call.caller.teams === 'all' || call.caller.teams.includes(owner.team.toLowerCase());
  // What a person may not see looks like what nobody knows: asking teaches nothing.
  const once = [...new Map(found.map((identity) => [identity.address, identity])).values()];
  const shown = once.map((one) =>
    maySee(one)
      ? one
      : (identifyAddress({ ...names, owners: NO_OWNERS, placeOf: () => undefined }, one.address) ?? one),
  );
  return {
    kind: 'table',
    title: shown.length === 1 ? `Who is ${shown[0]!.address}?` : 'Who is behind these addresses?',
    columns: ['address', 'who', 'env', 'workload', 'service', 'region', 'known by'].map((title) => ({
      title,
      align: 'left',
    })),
    rows: shown.map((one) => [
      one.address,
      whoIs(one),
      one.owner?.env ?? null,
      one.place?.workload ?? null,
      one.remote.service,
      one.remote.region,
      one.known,
    ]),
    empty: 'No address was given.',
    notes: [],
    json: { addresses: shown.map(fieldsOf) },
  };
}

function whoIs({ owner, remote, isInside }: Identity): string | null {
  return owner?.team ?? remote.provider ?? (isInside ? 'unattributed' : null);
}

function fieldsOf({ address, owner, place, remote, known, isInside }: Identity) {
  return {
    address,
    team: owner?.team ?? (isInside ? 'unattributed' : null),
    env: owner?.env ?? null,
    channel: owner?.channel ?? null,
    account: place?.accountId ?? null,
    vpc: place?.vpcId ?? null,
    az: place?.azId ?? null,
    workload: place?.workload ?? null,
    labels: Object.fromEntries(owner?.labels ?? []),
    service: remote.service,
    provider: remote.provider,
    region: remote.region,
    knownBy: known,
  };
}

function refuse(message: string): NetcostError {
  return new NetcostError('usage', message, { hint: 'Write it as: who 10.20.5.7 52.216.58.42 2600:1f18::1' });
}
