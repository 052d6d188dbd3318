import type { AddressFact, InterfaceProfile, Sketch } from './parsed-object.js';
import { mergeSketch } from './sketch.js';

/** True where the rows of an interface say nothing that is worth keeping. */
export function containsNothing(profile: InterfaceProfile): boolean {
  return (
    profile.interfaceId === '' || (profile.rows === 0 && profile.instanceRows === 0 && profile.interfaceType === '')
  );
}

/** Adds what further objects told of an interface; the order does not matter. */
export function mergeProfile(into: InterfaceProfile, from: InterfaceProfile): InterfaceProfile {
  into.rows += from.rows;
  into.instanceRows += from.instanceRows;
  into.interfaceType ||= from.interfaceType;
  into.publicUp += from.publicUp;
  into.publicDown += from.publicDown;
  for (const [address, count] of from.primaries)
    into.primaries.set(address, (into.primaries.get(address) ?? 0) + count);
  mergeSketch(into.inner, from.inner);
  mergeSketch(into.partners, from.partners);
  mergeSketch(into.outer, from.outer);
  return into;
}

/** What held an address, as a row tells: its workload, else its tags; empty where the row tells neither. */
export function holderOf({ workload, tags }: Pick<AddressFact, 'workload' | 'tags'>): string {
  return workload || tags.join('\n');
}

/**
 * Adds what a row of that minute tells of an address: the later row is right where two differ, and a row that does not
 * tell (a transit gateway knows no workload) takes nothing away.
 */
export function mergeFact(
  into: AddressFact,
  from: Omit<AddressFact, 'firstMinute' | 'lastMinute'>,
  minute: number,
): void {
  const isLater = minute >= into.lastMinute;
  const pick = (known: string, told: string): string => {
    if (told === '' || known === '') return known || told;
    if (minute === into.lastMinute) return known > told ? known : told;
    return isLater ? told : known;
  };
  into.accountId = pick(into.accountId, from.accountId);
  into.subnetId = pick(into.subnetId, from.subnetId);
  into.azId = pick(into.azId, from.azId);
  into.workload = pick(into.workload, from.workload);
  if (from.tags.length > 0 && (isLater || into.tags.length === 0)) into.tags = from.tags;
  into.firstMinute = Math.min(into.firstMinute, minute);
  into.lastMinute = Math.max(into.lastMinute, minute);
}

interface ProfileJson extends Omit<InterfaceProfile, 'primaries' | 'inner' | 'partners' | 'outer'> {
  readonly primaries: [string, number][];
  readonly inner: { hashes: number[]; limit: number };
  readonly partners: { hashes: number[]; limit: number };
  readonly outer: { hashes: number[]; limit: number };
}

const sketchToJson = (sketch: Sketch): { hashes: number[]; limit: number } => ({
  hashes: [...sketch.hashes],
  limit: sketch.limit,
});
const sketchFromJson = (json: { hashes: number[]; limit: number }): Sketch => ({
  hashes: new Set(json.hashes),
  limit: json.limit,
});

export function profileToJson(profile: InterfaceProfile): string {
  const json: ProfileJson = {
    ...profile,
    primaries: [...profile.primaries],
    inner: sketchToJson(profile.inner),
    partners: sketchToJson(profile.partners),
    outer: sketchToJson(profile.outer),
  };
  return JSON.stringify(json);
}

export function profileFromJson(text: string): InterfaceProfile {
  const json = JSON.parse(text) as ProfileJson;
  return {
    ...json,
    primaries: new Map(json.primaries),
    inner: sketchFromJson(json.inner),
    partners: sketchFromJson(json.partners),
    outer: sketchFromJson(json.outer),
  };
}
