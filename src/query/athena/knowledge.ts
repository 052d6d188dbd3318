import { ipv4Text } from '../../flows/addresses.js';
import { type Choice, chooseLogs, type LogPresence } from '../../flows/choice.js';
import { findGateways, type Gateways, type NatGatewayFact, nameOfSource } from '../../flows/gateways.js';
import { unitOf } from '../../rollups/log-choice.js';
import type { Surveyed, SurveyedSource } from './surveyed.js';

/** A source whose rows count: which gateway's, in competition with which others, and when. */
export interface Counted {
  readonly surveyed: SurveyedSource;
  readonly gateway: number;
  readonly isNextHop: boolean;
  /** The stretches in which its log counts; undefined where no other log has the same. */
  readonly choices: readonly Choice[] | undefined;
}

/** What is known, of the surveyed stretch, of which rows count. */
export interface AthenaKnowledge {
  readonly gateways: Gateways;
  readonly counted: readonly Counted[];
  readonly surveyed: Surveyed;
}

/** What is known beyond the rows: the EC2 inventory, and since when which flow logs exist. */
export interface Beyond {
  readonly natGateways: readonly NatGatewayFact[];
  readonly otherInterfaces: ReadonlySet<string>;
  /** From DescribeFlowLogs: a log that exists lives on, however short the surveyed stretch. */
  readonly createdMs?: ReadonlyMap<string, number>;
  /** The newest surveyed day was not over: rows of it came, and will come, that no survey has seen. */
  readonly isOpen?: boolean;
}

/** Who has no row in so many slots while others have is taken to have stopped; deliveries are apart by less. */
const STOPPED_SLOTS = 3;
/** No row is later: the end of a choice that goes on. */
const ONWARD_MINUTE = 2_147_483_640;

/** Decides which rows count, by the rules of flows/gateways.ts and flows/choice.ts. */
export function learnFromSurvey(surveyed: Surveyed, beyond: Beyond): AthenaKnowledge {
  const contexts = new Map(surveyed.sources.map(({ context }, i) => [BigInt(i), context]));
  const gateways = findGateways(
    contexts,
    surveyed.profiles,
    beyond.natGateways,
    surveyed.rawOwn,
    new Map(),
    beyond.otherInterfaces,
  );
  addSecondaryAddresses(gateways, surveyed);
  const choices = choose(gateways, surveyed, beyond.createdMs ?? new Map(), beyond.isOpen === true);
  return {
    gateways,
    surveyed,
    counted: gateways.sources.map(({ context, gateway, isNextHop, source }) => ({
      surveyed: surveyed.sources[Number(context)]!,
      gateway,
      isNextHop,
      choices: choices.get(unitOf(gateway, isNextHop, source.interfaceId))?.filter((c) => c.log === source.flowLogId),
    })),
  };
}

function addSecondaryAddresses(gateways: Gateways, surveyed: Surveyed): void {
  for (const { gateway, source, isNextHop } of gateways.sources) {
    const { hasAllAddresses, knownBy, ownAddresses } = gateways.gateways[gateway]!;
    if (isNextHop || hasAllAddresses || knownBy === 'next-hop') continue;
    const own = ownAddresses as Set<string>;
    for (const address of surveyed.secondary.get(nameOfSource(source)) ?? []) {
      // A subnet is at most a /16: a secondary address begins like the primary one.
      const network = address.split('.', 2).join('.');
      if ([...own].some((one) => one.startsWith(`${network}.`))) own.add(address);
    }
  }
}

/** Per unit that several logs have, or that a gateway's own rows tell too: which log counts when. */
function choose(
  gateways: Gateways,
  surveyed: Surveyed,
  createdMs: ReadonlyMap<string, number>,
  isOpen: boolean,
): ReadonlyMap<string, readonly Choice[]> {
  const lives = new Map(surveyed.lives.map((life) => [life.flowLogId, life]));
  const units = new Map<string, Map<string, SurveyedSource[]>>();
  for (const { context, gateway, isNextHop, source } of gateways.sources) {
    const unit = unitOf(gateway, isNextHop, source.interfaceId);
    const logs = units.get(unit) ?? new Map<string, SurveyedSource[]>();
    units.set(
      unit,
      logs.set(source.flowLogId, [...(logs.get(source.flowLogId) ?? []), surveyed.sources[Number(context)]!]),
    );
  }
  const presenceOf = (unit: string, without: ReadonlySet<number>): LogPresence[] =>
    [...(units.get(unit) ?? [])].map(([log, sources]) => {
      const slots = sources.flatMap((source) => [...source.slots]).filter(([slot]) => !without.has(slot));
      const created = createdMs.get(log);
      const life = lives.get(log);
      const bytes = new Map<number, number>();
      for (const [slot, seen] of slots) bytes.set(slot, (bytes.get(slot) ?? 0) + seen.bytes);
      return {
        log,
        score: Math.max(0, ...sources.map((source) => source.context.fieldScore)),
        firstMinute: Math.min(
          Math.floor((life?.firstSecond ?? 0) / 60),
          created === undefined ? Infinity : created / 60_000,
        ),
        // A log that DescribeFlowLogs still lists has not ended with the surveyed stretch.
        lastMinute: created === undefined ? Math.floor((life?.lastSecond ?? 0) / 60) : Number.MAX_SAFE_INTEGER,
        slots: new Set(slots.map(([slot]) => slot)),
        bytes,
        skipped: new Set(slots.filter(([, seen]) => seen.skipped).map(([slot]) => slot)),
      };
    });
  const none: ReadonlySet<number> = new Set();
  const chosen = new Map<string, readonly Choice[]>();
  for (const [unit, logs] of units) {
    const parent = parentOf(unit);
    if (logs.size < 2 && (parent === undefined || !units.has(parent))) continue;
    const owned = parent === undefined ? none : new Set(presenceOf(parent, none).flatMap((log) => [...log.slots]));
    chosen.set(unit, chooseLogs(presenceOf(unit, owned)));
  }
  if (!isOpen) return chosen;
  const newestOf = (unit: string): number =>
    Math.max(...[...units.get(unit)!.values()].flat().flatMap((source) => [...source.slots.keys()]));
  const stopped = new Set(
    [...units.keys()].flatMap((unit) => {
      const parent = parentOf(unit);
      if (parent === undefined || !units.has(parent)) return [];
      return newestOf(parent) + STOPPED_SLOTS < newestOf(unit) ? [parent] : [];
    }),
  );
  return new Map(
    [...units.keys()].flatMap((unit): [string, readonly Choice[]][] => {
      const parent = parentOf(unit);
      // A gateway's own rows or those of its workloads, never both: whichever were still coming go on to count.
      if (stopped.has(unit)) return [[unit, chosen.get(unit) ?? chooseLogs(presenceOf(unit, none))]];
      const choices = chosen.get(unit);
      if (choices === undefined) return [];
      return [[unit, parent === undefined || !units.has(parent) || stopped.has(parent) ? goOn(choices) : choices]];
    }),
  );
}

const parentOf = (unit: string): string | undefined =>
  unit.includes('>') ? unit.slice(0, unit.indexOf('>')) : undefined;

/** The log that counts last goes on to count: later rows are of the same logs as far as anybody knows. */
function goOn(choices: readonly Choice[]): readonly Choice[] {
  const last = choices.at(-1);
  return last ? [...choices.slice(0, -1), { ...last, toMinute: ONWARD_MINUTE }] : choices;
}

/** IPv4 addresses as numbers; others are left out. */
export function numbersOf(addresses: Iterable<string>): number[] {
  return [...addresses].flatMap((address) => {
    const octets = address.split('.').map(Number);
    const value = octets.length === 4 ? octets.reduce((sum, octet) => sum * 256 + octet, 0) : Number.NaN;
    return Number.isInteger(value) && ipv4Text(value) === address ? [value] : [];
  });
}
