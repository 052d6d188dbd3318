import { ipv4Text } from '../../flows/addresses.js';
import type { FlowTable } from '../../flows/ddl.js';
import type { RawShare } from '../../flows/gateways.js';
import { nameOfSource } from '../../flows/gateways.js';
import type { AddressFact, InterfaceProfile, Sketch, SourceContext } from '../../flows/parsed-object.js';
import { mergeFact } from '../../flows/profiles.js';
import { createProfile, createSources } from '../../flows/sources.js';
import type { FlowLogLife } from '../../rollups/stored.js';
import { layoutOfTable } from './rows.js';
import { FACT_TEXTS, SOURCE_TEXTS, type SurveyKind } from './survey.js';

/** A row of a survey's result: texts, null where there is none. */
export type SurveyRow = readonly (string | null)[];

/** One source of rows as a survey found it. */
export interface SurveyedSource {
  /** By which the rows of the source are found: `log` and `source_key` of rows.ts. */
  readonly log: string;
  readonly key: string;
  readonly context: SourceContext;
  readonly isWorkload: boolean;
  readonly isRegional: boolean;
  /** Bytes of accepted rows, and whether SKIPDATA stood there, by slot of ten minutes. */
  readonly slots: ReadonlyMap<number, { readonly bytes: number; readonly skipped: boolean }>;
}

/** What one or several surveys found, in the words of the embedded engine. */
export interface Surveyed {
  readonly sources: readonly SurveyedSource[];
  readonly profiles: readonly InterfaceProfile[];
  readonly rawOwn: ReadonlyMap<string, RawShare>;
  /** By interface: private addresses that look like secondary ones of a gateway. */
  readonly secondary: ReadonlyMap<string, readonly string[]>;
  readonly facts: readonly AddressFact[];
  readonly lives: readonly FlowLogLife[];
  readonly ipv6: readonly string[];
  readonly malformed: ReadonlyMap<string, number>;
}

const KINDS: readonly SurveyKind[] = ['c', 'p', 'm', 'n', 's', 'w', 'f', 'v', 'x'];

/**
 * Reads the results of surveys over stretches that do not overlap. Sources get the identity that the parser would give
 * them, by its own code: the texts that a survey found become a line of the table's format.
 */
export function readSurveys(tables: readonly FlowTable[], results: readonly (readonly SurveyRow[])[]): Surveyed {
  const of = Object.fromEntries(KINDS.map((kind) => [kind, [] as SurveyRow[]])) as Record<SurveyKind, SurveyRow[]>;
  for (const row of results.flat()) of[row[0] as SurveyKind]?.push(row);
  const sources = readSources(tables, of.c, of.p);
  return {
    sources,
    profiles: readProfiles(sources, of),
    rawOwn: readRawShares(of.w),
    secondary: readSecondary(of.s),
    facts: readFacts(of.f),
    lives: readLives(of.c),
    ipv6: [...new Set(of.v.map((row) => row[1]!))].sort(),
    malformed: sumBy(of.x, (row) => row[1]!),
  };
}

const number = (row: SurveyRow, n: number): number => Number(row[4 + n] ?? 0);
const textAt = (row: SurveyRow, i: number): string => row[11 + i] ?? '';

function sumBy(rows: readonly SurveyRow[], keyOf: (row: SurveyRow) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + number(row, 1));
  return sums;
}

interface SourceSums extends SurveyedSource {
  readonly rows: SurveyRow[];
}

function readSources(
  tables: readonly FlowTable[],
  rows: readonly SurveyRow[],
  presence: readonly SurveyRow[],
): SourceSums[] {
  const byKey = new Map<string, SourceSums & { slots: Map<number, { bytes: number; skipped: boolean }> }>();
  for (const row of rows) {
    const [, log, key] = row as [string, string, string];
    const id = `${log}\n${key}`;
    const known = byKey.get(id);
    if (known) known.rows.push(row);
    else byKey.set(id, { log, key, rows: [row], slots: new Map(), ...identify(tables[Number(row[4])]!, log, row) });
  }
  for (const row of presence) {
    const source = byKey.get(`${row[1]}\n${row[2]}`);
    if (!source) continue;
    const slot = Number(row[3]);
    const seen = source.slots.get(slot) ?? { bytes: 0, skipped: false };
    source.slots.set(slot, { bytes: seen.bytes + number(row, 1), skipped: seen.skipped || number(row, 2) > 0 });
  }
  return [...byKey.values()];
}

function identify(
  table: FlowTable,
  flowLogId: string,
  row: SurveyRow,
): { context: SourceContext; isWorkload: boolean; isRegional: boolean } {
  const layout = layoutOfTable(table);
  const value = (name: (typeof SOURCE_TEXTS)[number]): string => textAt(row, SOURCE_TEXTS.indexOf(name));
  // Columns of a survey by the field that they come from; the rest of a line does not matter here.
  const texts: Readonly<Record<string, string>> = {
    'account-id': value('own_account'),
    'interface-id': value('interface_id'),
    'resource-id': value('resource_id'),
    'interface-type': value('interface_type'),
    'vpc-id': value('vpc_id'),
    'subnet-id': value('subnet_id'),
    'az-id': value('az_id'),
    region: value('own_region'),
    'instance-id': value('instance_id'),
    'ecs-service-name': value('ecs_service'),
    'next-hop-interface-id': value('hop_interface'),
    'next-hop-az-id': value('hop_az'),
    'next-hop-vpc-id': value('hop_vpc'),
    'next-hop-interface-type': value('hop_type'),
  };
  const tags = value('tags').split(' ');
  const tagFields = layout.header.split(' ').filter((field) => /^(instance|interface|asg)[-_]tag([-_]2)?$/.test(field));
  const words = layout.header.split(' ').map((field) => {
    const tag = tags[tagFields.indexOf(field)];
    return texts[field.replaceAll('_', '-')] || tag || '-';
  });
  const line = Buffer.from(words.join(' '), 'latin1');
  const starts = new Int32Array(words.length + 1);
  for (const [i, word] of words.entries()) starts[i + 1] = starts[i]! + Buffer.byteLength(word, 'latin1') + 1;
  const found = createSources({
    flowLogId,
    accountId: value('path_account') === 'unknown' ? 'unknown' : value('path_account'),
    region: value('path_region'),
    passOver: new Set(),
    layout,
    profileOf: createProfile,
    learn: () => {
      throw new Error('no facts are learned from an identity');
    },
  }).find(line, starts, true);
  return { context: found.context, isWorkload: found.isWorkload, isRegional: found.isRegionalNat };
}

function readProfiles(sources: readonly SourceSums[], of: Record<SurveyKind, SurveyRow[]>): InterfaceProfile[] {
  const profiles = new Map<string, InterfaceProfile>();
  const profileOf = (name: string): InterfaceProfile => {
    const known = profiles.get(name) ?? createProfile(name);
    profiles.set(name, known);
    return known;
  };
  for (const { context, rows } of sources) {
    const name = nameOfSource(context);
    const profile = profileOf(name);
    if (context.interfaceType) profile.interfaceType = context.interfaceType;
    for (const row of rows) {
      profile.rows += number(row, 1);
      profile.instanceRows += number(row, 2);
      profile.publicUp += number(row, 3);
      profile.publicDown += number(row, 4);
    }
    if (context.instanceId) profile.instanceRows += 1;
  }
  for (const row of of.m) {
    const { primaries } = profileOf(row[1]!);
    primaries.set(row[2]!, (primaries.get(row[2]!) ?? 0) + number(row, 1));
  }
  for (const [name, rows] of groupBy(of.n)) {
    const total = (n: number): number => rows.reduce((sum, row) => sum + number(row, n), 0);
    fillSketches(profileOf(name), total(1), total(2), total(4));
  }
  return [...profiles.values()];
}

/** A sketch whose containments are those of the counted sets: findGateways asks for nothing else of it. */
function fillSketches(profile: InterfaceProfile, inner: number, inOuter: number, inEither: number): void {
  const scale = Math.min(1, 256 / Math.max(1, inner));
  const size = (count: number): number => (count === 0 ? 0 : Math.max(1, Math.round(count * scale)));
  const add = (sketch: Sketch, from: number, to: number): void => {
    for (let i = from; i < to; i++) sketch.hashes.add(i);
  };
  add(profile.inner, 0, size(inner));
  add(profile.outer, 0, size(inOuter));
  add(profile.partners, size(inOuter), size(inEither));
}

function readRawShares(rows: readonly SurveyRow[]): Map<string, RawShare> {
  const shares = new Map<string, RawShare>();
  for (const [name, ofName] of groupBy(rows)) {
    const far = new Map<string, { rows: number; up: number; down: number }>();
    for (const row of ofName) {
      const seen = far.get(row[2]!) ?? { rows: 0, up: 0, down: 0 };
      far.set(row[2]!, {
        rows: seen.rows + number(row, 1),
        up: seen.up + number(row, 2),
        down: seen.down + number(row, 3),
      });
    }
    // Each row stands here twice, once in either reading.
    const total = [...far.values()].reduce((sum, one) => sum + one.rows, 0) / 2;
    const [address, best] = [...far].sort((a, b) => b[1].rows - a[1].rows || Number(a[0]) - Number(b[0]))[0]!;
    shares.set(name, {
      address: ipv4Text(Number(address)),
      share: best.rows / total,
      bytesUp: best.up,
      bytesDown: best.down,
    });
  }
  return shares;
}

/** Most of its partners are behind the interface themselves, and it is nobody's partner (flows/secondary-addresses.ts). */
function readSecondary(rows: readonly SurveyRow[]): Map<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const byAddress = new Map<string, { name: string; address: string; all: number; behind: number; partner: number }>();
  for (const row of rows) {
    const key = `${row[1]}\n${row[2]}`;
    const seen = byAddress.get(key) ?? { name: row[1]!, address: row[2]!, all: 0, behind: 0, partner: 0 };
    byAddress.set(key, {
      ...seen,
      all: seen.all + number(row, 1),
      behind: seen.behind + number(row, 2),
      partner: seen.partner + number(row, 3),
    });
  }
  for (const { name, address, all, behind, partner } of byAddress.values()) {
    if (partner > 0 || all === 0 || behind * 2 < all) continue;
    found.set(name, [...(found.get(name) ?? []), ipv4Text(Number(address))]);
  }
  return found;
}

function readFacts(rows: readonly SurveyRow[]): AddressFact[] {
  const facts = new Map<string, AddressFact>();
  for (const row of [...rows].sort((a, b) => Number(a[10]) - Number(b[10]))) {
    const text = (name: (typeof FACT_TEXTS)[number]): string => textAt(row, FACT_TEXTS.indexOf(name));
    const told = {
      address: row[1]!,
      vpcId: row[2]!,
      accountId: text('own_account'),
      subnetId: text('subnet_id'),
      azId: text('az_id'),
      workload: text('workload'),
      tags: text('tags')
        .split(' ')
        .filter((tag) => tag !== '')
        .map(decodeTag),
    };
    const key = `${told.address}|${told.vpcId}`;
    const [first, last] = [Number(row[9]), Number(row[10])];
    const seen = facts.get(key);
    if (!seen) facts.set(key, { ...told, firstMinute: first, lastMinute: last });
    else {
      mergeFact(seen, told, last);
      seen.firstMinute = Math.min(seen.firstMinute, first);
    }
  }
  return [...facts.values()];
}

function decodeTag(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function readLives(rows: readonly SurveyRow[]): FlowLogLife[] {
  const lives = new Map<string, FlowLogLife>();
  for (const row of rows) {
    const [flowLogId, first, last] = [row[1]!, Number(row[9]), Number(row[10])];
    const seen = lives.get(flowLogId) ?? { flowLogId, firstSecond: first, lastSecond: last };
    lives.set(flowLogId, {
      flowLogId,
      firstSecond: Math.min(seen.firstSecond, first),
      lastSecond: Math.max(seen.lastSecond, last),
    });
  }
  return [...lives.values()];
}

function groupBy(rows: readonly SurveyRow[]): Map<string, SurveyRow[]> {
  const groups = new Map<string, SurveyRow[]>();
  for (const row of rows) {
    const group = groups.get(row[1]!);
    if (group) group.push(row);
    else groups.set(row[1]!, [row]);
  }
  return groups;
}
