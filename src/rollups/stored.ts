import type { AddressFact, InterfaceProfile, MalformedReason, SourceContext } from '../flows/parsed-object.js';

export interface StoredObject {
  readonly id: number;
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly digest: string;
  readonly flowLogId: string;
  readonly form: string;
  readonly damage: string | undefined;
  readonly rows: number;
  readonly malformed: number;
  readonly firstSecond: number;
  readonly lastSecond: number;
}

export interface Segment {
  readonly legsFile: string;
  readonly presenceFile: string;
  readonly legs: number;
  readonly firstMinute: number;
  readonly lastMinute: number;
}

/** What one batch of objects adds to the store; committed as a whole or not at all. */
export interface BatchCommit {
  readonly objects: readonly StoredObject[];
  readonly segment: Segment | undefined;
  readonly contexts: ReadonlyMap<bigint, SourceContext>;
  readonly services: ReadonlyMap<number, string>;
  readonly ipv6: ReadonlyMap<bigint, string>;
  readonly profiles: readonly InterfaceProfile[];
  readonly facts: readonly AddressFact[];
  readonly malformed: ReadonlyMap<MalformedReason, { readonly count: number; readonly sample: string }>;
  /** Objects that these replace (the same name, once cut off and now whole). */
  readonly replaced: readonly number[];
}

/** Life of a flow log in the store: first start and last end of its rows, Unix seconds. */
export interface FlowLogLife {
  readonly flowLogId: string;
  readonly firstSecond: number;
  readonly lastSecond: number;
}

export interface DayState {
  readonly day: number;
  readonly isDirty: boolean;
  readonly hoursFile: string | undefined;
  readonly daysFile: string | undefined;
  readonly clientsFile: string | undefined;
  readonly presenceFile: string | undefined;
  /** True once the fine rows are gone: the rollups stay as they are. */
  readonly isFinal: boolean;
}

/** The tables of a catalog. */
export const SCHEMA = `
create table if not exists meta (key text primary key, value text not null) strict;
create table if not exists objects (
  id integer primary key, path text not null unique, name text not null, size integer not null, mtime_ms real not null,
  digest text not null, flow_log text not null, form text not null, damage text, row_count integer not null,
  malformed integer not null, first_second integer not null, last_second integer not null) strict;
create table if not exists replaced (id integer primary key) strict;
create index if not exists objects_name on objects(name);
create index if not exists objects_digest on objects(digest);
create table if not exists segments (
  id integer primary key, legs_file text not null, presence_file text not null, legs integer not null,
  first_minute integer not null, last_minute integer not null) strict;
create table if not exists contexts (id text primary key, body text not null) strict;
create table if not exists services (id integer primary key, name text not null) strict;
create table if not exists ipv6 (id text primary key, address text not null) strict;
create table if not exists profiles (interface text primary key, body text not null) strict;
create table if not exists facts (
  address text not null, vpc text not null, account text not null, subnet text not null, az text not null,
  workload text not null, tags text not null, first_minute integer not null, last_minute integer not null,
  primary key (address, vpc)) strict;
create table if not exists holders (
  address text not null, vpc text not null, holder text not null, account text not null, az text not null,
  workload text not null, tags text not null, first_minute integer not null, last_minute integer not null,
  primary key (address, vpc, holder)) strict;
create table if not exists malformed (reason text primary key, count integer not null, sample text not null) strict;
create table if not exists days (
  day integer primary key, dirty integer not null, hours_file text, days_file text, clients_file text, presence_file text,
  final integer not null default 0) strict;
`;

export type Row = Readonly<Record<string, unknown>>;
export const text = (row: Row, column: string): string => String(row[column] ?? '');
export const whole = (row: Row, column: string): number => Number(row[column] ?? 0);
export const maybe = (row: Row, column: string): string | undefined =>
  row[column] === null ? undefined : text(row, column);

export const toObject = (r: Row): StoredObject => ({
  id: whole(r, 'id'),
  path: text(r, 'path'),
  name: text(r, 'name'),
  size: whole(r, 'size'),
  mtimeMs: whole(r, 'mtime_ms'),
  digest: text(r, 'digest'),
  flowLogId: text(r, 'flow_log'),
  form: text(r, 'form'),
  damage: maybe(r, 'damage'),
  rows: whole(r, 'row_count'),
  malformed: whole(r, 'malformed'),
  firstSecond: whole(r, 'first_second'),
  lastSecond: whole(r, 'last_second'),
});
