import type { Call, TableReply } from '../src/answers/reply.js';
import type { WhoNames } from '../src/answers/who.js';
import { type Identity, identifyAddress } from '../src/attribution/identify.js';
import { NO_OWNERS } from '../src/attribution/owners.js';
import { describeError, NetcostError } from '../src/errors.js';
import { parseMoment } from '../src/query/moment.js';
import { cleanQuestion } from '../src/query/question-words.js';
import { formatAge, isoTime } from '../src/units.js';

export const name = 'who';
export const usage = 'who ADDRESS… [at=TIME]';
export const summary = 'who is behind an address, now or then: owner or provider, workload, service, how it is known';

const MOST_ADDRESSES = 100;

/** What names are read from; loaded when first asked for. */
export interface WhoDeps {
  readonly names: () => Promise<WhoNames>;
}

/**
 * Says who is behind each address, in the order asked; with `at=` who was at that moment. Throws NetcostError('usage')
 * for what is no address and no moment.
 */
export async function handle(deps: WhoDeps, call: Call): Promise<TableReply> {
  const { asked, atMs } = readWords(call);
  const names = await deps.names();
  const known = asked.map((text) => {
    const identity = identifyAddress(names, text, atMs);
    if (!identity) throw refuse(`"${text.slice(0, 60)}" is no IP address.`);
    return identity;
  });
  const failures: string[] = [];
  const found =
    atMs === undefined ? known : await Promise.all(known.map((one) => askWhoHadIt(names, one, atMs, failures)));
  const maySee = ({ owner }: Identity) =>
    owner === undefined || call.caller.teams === 'all' || call.caller.teams.includes(owner.team.toLowerCase());
  // What a person may not see looks like what nobody knows: asking teaches nothing.
  const unknown = { ...names, owners: NO_OWNERS, placeOf: () => undefined, networkOf: () => undefined };
  const once = [...new Map(found.map((identity) => [identity.address, identity])).values()];
  const shown = once.map((one) =>
    maySee(one) ? one : (identifyAddress({ ...unknown, holdersOf: () => [] }, one.address) ?? one),
  );
  return {
    kind: 'table',
    ...(shown.length === 1 ? cardOf(shown[0]!, call.nowMs, atMs) : listOf(shown, call.nowMs, atMs)),
    empty: 'No address was given.',
    notes: [...(atMs === undefined ? [] : undatedNote(shown, atMs)), ...new Set(failures), ...names.notes(call.nowMs)],
    json: {
      ...(atMs === undefined ? {} : { at: isoTime(atMs) }),
      addresses: shown.map(fieldsOf),
      notes: names.notes(call.nowMs),
    },
  };
}

/** What netcost did not see itself, VPC IPAM may have sampled. */
async function askWhoHadIt(names: WhoNames, one: Identity, atMs: number, failures: string[]): Promise<Identity> {
  if (!one.isInside || one.tenure !== undefined || names.askHistory === undefined) return one;
  try {
    const holders = await names.askHistory(one.address, atMs);
    return identifyAddress({ ...names, holdersOf: () => holders }, one.address, atMs) ?? one;
  } catch (error) {
    failures.push(`VPC IPAM was not asked who had it: ${describeError(error)}`);
    return one;
  }
}

function readWords({ text, nowMs }: Call): { readonly asked: readonly string[]; readonly atMs: number | undefined } {
  const words = cleanQuestion(text)
    // A date and its time of day are one moment.
    .replace(/\bat=(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?Z?)/gi, 'at=$1T$2')
    .split(/[\s,;]+/)
    .filter((word) => word !== '');
  const moments = words.filter((word) => /^at=/i.test(word)).map((word) => word.slice(3));
  const asked = [...new Set(words.filter((word) => !/^at=/i.test(word)))];
  if (asked.length === 0) throw refuse('No address was given.');
  if (asked.length > MOST_ADDRESSES)
    throw refuse(`${asked.length} addresses were given; allowed are ${MOST_ADDRESSES}.`);
  const [moment] = moments;
  if (moment === undefined) return { asked, atMs: undefined };
  const atMs = moments.length === 1 ? parseMoment(moment, nowMs) : undefined;
  if (atMs !== undefined) return { asked, atMs };
  throw new NetcostError('usage', `at=${moments.join(' at=').slice(0, 60)} is no moment.`, {
    hint: 'Allowed: one of 2026-11-20, 2026-11-20T14:30Z, 90m, 3h, 2d (that long ago).',
  });
}

/** One address: a line for each thing that is known, which a phone shows whole. */
function cardOf(
  one: Identity,
  nowMs: number,
  atMs: number | undefined,
): Pick<TableReply, 'title' | 'columns' | 'rows'> {
  const { owner, place, remote, system, isInside } = one;
  const lines: readonly (readonly [string, string | null | undefined])[] = [
    ['address', one.address],
    ['who', whoIs(one)],
    ['env', owner?.env],
    ['channel', owner?.channel],
    ...[...(owner?.labels ?? [])].map(([label, value]) => [label, value] as const),
    ['workload', place?.workload],
    ['since', sinceText(one, nowMs)],
    ['account', place?.accountId],
    ['VPC', place?.vpcId],
    ['zone', place?.azId],
    ['provider', isInside || whoIs(one) === remote.provider ? undefined : remote.provider],
    ['service', remote.service],
    ['region', remote.region],
    ['AS', system && `AS${system.asn} ${system.organisation}`.trim()],
    ['known by', one.known],
  ];
  return {
    title: `Who ${atMs === undefined ? 'is' : 'was'} ${one.address}${atMs === undefined ? '' : ` at ${isoTime(atMs)}`}?`,
    columns: ['what', 'is'].map((title) => ({ title, align: 'left' })),
    rows: lines.flatMap(([what, is]) => (is === undefined || (is === null && what !== 'who') ? [] : [[what, is]])),
  };
}

function listOf(
  shown: readonly Identity[],
  nowMs: number,
  atMs: number | undefined,
): Pick<TableReply, 'title' | 'columns' | 'rows'> {
  const hasTenure = shown.some(({ tenure }) => tenure !== undefined);
  const titles = [
    'address',
    'who',
    'env',
    'workload',
    ...(hasTenure ? ['since'] : []),
    'service',
    'region',
    'known by',
  ];
  return {
    title: `Who ${atMs === undefined ? 'is' : 'was'} behind these addresses${atMs === undefined ? '' : ` at ${isoTime(atMs)}`}?`,
    columns: titles.map((title) => ({ title, align: 'left' })),
    rows: shown.map((one) => [
      one.address,
      whoIs(one),
      one.owner?.env ?? null,
      one.place?.workload ?? null,
      ...(hasTenure ? [sinceText(one, nowMs) ?? null] : []),
      one.remote.service,
      one.remote.region,
      one.known,
    ]),
  };
}

/** What is held against a moment: without dates the answer is that of today. */
function undatedNote(shown: readonly Identity[], atMs: number): string[] {
  const undated = shown.filter(({ isInside, tenure }) => isInside && tenure === undefined);
  if (undated.length === 0) return [];
  return [
    `Who held ${undated.length === shown.length ? 'this' : undated[0]!.address} at ${isoTime(atMs)} was not seen: what is told is what its range says now.`,
  ];
}

function sinceText({ tenure }: Identity, nowMs: number): string | undefined {
  if (tenure === undefined) return undefined;
  const { sinceMs, isExact, untilMs } = tenure;
  const since = `${isExact ? '' : 'seen since '}${isoTime(sinceMs)}`;
  return untilMs === undefined ? `${since} (${formatAge(nowMs - sinceMs)})` : `${since}, until ${isoTime(untilMs)}`;
}

function whoIs({ owner, remote, isInside }: Identity): string | null {
  return owner?.team ?? remote.provider ?? (isInside ? 'unattributed' : null);
}

function fieldsOf({ address, owner, place, tenure, remote, system, known, isInside }: Identity) {
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
    since: tenure ? isoTime(tenure.sinceMs) : null,
    sinceIsExact: tenure?.isExact ?? null,
    until: tenure?.untilMs === undefined ? null : isoTime(tenure.untilMs),
    service: remote.service,
    provider: remote.provider,
    region: remote.region,
    asn: system?.asn ?? null,
    asOrganisation: system?.organisation ?? null,
    knownBy: known,
  };
}

function refuse(message: string): NetcostError {
  return new NetcostError('usage', message, {
    hint: 'Write it as: who 10.20.5.7 52.216.58.42 2600:1f18::1 at=2026-11-20T14:30Z',
  });
}
