import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { NetcostError } from '../errors.js';
import type { AddressFact, InterfaceProfile, MalformedReason, SourceContext } from '../flows/parsed-object.js';
import { containsNothing, mergeProfile, profileFromJson, profileToJson } from '../flows/profiles.js';
import {
  type BatchCommit,
  type DayState,
  type FlowLogLife,
  maybe,
  type Row,
  SCHEMA,
  type Segment,
  type StoredObject,
  text,
  toObject,
  whole,
} from './stored.js';
import { putHolders, readHandovers } from './stored-holders.js';

/** Raised where the meaning of a stored column changes; a store of another version is refused with what to do. */
const STORE_VERSION = 3;

/**
 * The catalog of a store: which objects were read, which files hold their rows, the dictionaries and what is known of
 * each interface. SQLite, because a commit there is whole or nothing (kill -9 included) and readers go on beside one
 * writer. The rows themselves are in Parquet files that are never changed once a commit names them.
 */
export interface Catalog {
  readonly dir: string;
  /** The object that the store knows by that path. */
  objectAt(path: string): StoredObject | undefined;
  /** The object of that name whose rows count; copies of it are not given. */
  objectNamed(name: string): StoredObject | undefined;
  /** Whether an object with that content was read. */
  hasDigest(digest: string): boolean;
  nextObjectId(): number;
  commitBatch(batch: BatchCommit): void;
  segments(): (Segment & { readonly id: number })[];
  replacedObjects(): number[];
  contexts(): Map<bigint, SourceContext>;
  services(): Map<number, string>;
  ipv6(): Map<bigint, string>;
  profiles(): InterfaceProfile[];
  facts(): AddressFact[];
  /** Holders of addresses that had more than one, by address and VPC, in the order of time. */
  handovers(): AddressFact[][];
  flowLogLives(): readonly FlowLogLife[];
  damagedObjects(): readonly StoredObject[];
  malformed(): Map<MalformedReason, { count: number; sample: string }>;
  /** Refused lines of the objects that count, each object once. */
  malformedLines(): number;
  days(): DayState[];
  settleDay(day: DayState): void;
  /** The rollups of a day become final. */
  finishDay(day: number): void;
  /** Drops rollups of days before this one; how many. */
  forgetDays(before: number): number;
  /** Puts joined segments in the place of others, in one commit. */
  replaceSegments(ids: readonly number[], segments: readonly Segment[]): void;
  meta(key: string): string | undefined;
  setMeta(key: string, value: string): void;
  /** Waits until all that was committed is on the disk. */
  forceToDisk(): void;
  /** Changes with each commit: what is derived from the catalog is good until then. */
  revision(): number;
  /** Brings what was committed from the journal into the file, where nobody else reads. Waits for the disk. */
  emptyJournal(): void;
  close(): void;
}

function readVersion(marker: string): unknown {
  try {
    return (JSON.parse(readFileSync(marker, 'utf8')) as { version?: unknown } | null)?.version;
  } catch (cause) {
    throw new NetcostError('store', `${marker} is damaged.`, { cause, hint: 'Ingest into a new folder.' });
  }
}

/** Opens the catalog of a store folder. A folder without one is refused unless `create`. */
export function openCatalog(dir: string, options: { readonly create: boolean }): Catalog {
  const marker = join(dir, 'netcost-store.json');
  if (!existsSync(marker)) {
    if (!options.create) {
      throw new NetcostError('input', `There is no netcost store in ${dir}.`, {
        hint: 'Fill one with `netcost ingest --flow-logs DIR --store DIR`.',
      });
    }
    mkdirSync(join(dir, 'segments'), { recursive: true });
    mkdirSync(join(dir, 'rollups'), { recursive: true });
    writeFileSync(marker, `${JSON.stringify({ version: STORE_VERSION })}\n`);
  }
  const version = readVersion(marker);
  if (version !== STORE_VERSION) {
    throw new NetcostError(
      'store',
      `The store in ${dir} has version ${version}; this netcost reads version ${STORE_VERSION}.`,
      {
        hint: 'Ingest into a new folder, or run the netcost that wrote it.',
      },
    );
  }
  const db = new Database(join(dir, 'catalog.db'));
  // A commit does not wait for the disk, which may take a second: after a loss of power the last ones are gone as a
  // whole, and what they named is read again (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL with WAL).
  db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 10000;');
  db.exec(SCHEMA);
  const all = (sql: string): Row[] => db.prepare(sql).all() as Row[];
  const bump = (): void => {
    db.exec(
      "insert into meta values ('revision', '1') on conflict (key) do update set value = cast(value as integer) + 1",
    );
  };

  const revision = (): number =>
    Number(
      (db.prepare("select value from meta where key = 'revision'").get() as { value: string } | undefined)?.value ?? 0,
    );
  /** What reads through all objects is read once for each commit: every answer asks for it, on the event loop. */
  const atRevision = <T>(read: () => T): (() => T) => {
    let known: { readonly revision: number; readonly value: T } | undefined;
    return () => {
      const now = revision();
      if (known?.revision !== now) known = { revision: now, value: read() };
      return known.value;
    };
  };

  const putSegment = (segment: Segment): void => {
    db.prepare(
      'insert into segments (legs_file, presence_file, legs, first_minute, last_minute) values (?,?,?,?,?)',
    ).run(segment.legsFile, segment.presenceFile, segment.legs, segment.firstMinute, segment.lastMinute);
  };

  const commit = db.transaction((batch: BatchCommit) => {
    const putObject = db.prepare('insert or replace into objects values (?,?,?,?,?,?,?,?,?,?,?,?,?)');
    for (const o of batch.objects) {
      putObject.run(
        o.id,
        o.path,
        o.name,
        o.size,
        o.mtimeMs,
        o.digest,
        o.flowLogId,
        o.form,
        o.damage ?? null,
        o.rows,
        o.malformed,
        o.firstSecond,
        o.lastSecond,
      );
    }
    const replace = db.prepare('insert or ignore into replaced values (?)');
    for (const id of batch.replaced) replace.run(id);
    const { segment } = batch;
    if (segment) {
      putSegment(segment);
      const markDirty = db.prepare(
        'insert into days (day, dirty) values (?, 1) on conflict (day) do update set dirty = 1 where final = 0',
      );
      for (let day = Math.floor(segment.firstMinute / 1440); day <= Math.floor(segment.lastMinute / 1440); day++)
        markDirty.run(day);
    }
    const putContext = db.prepare('insert or ignore into contexts values (?,?)');
    for (const [id, context] of batch.contexts) putContext.run(String(id), JSON.stringify(context));
    const putService = db.prepare('insert or ignore into services values (?,?)');
    for (const [id, name] of batch.services) putService.run(id, name);
    putIpv6(batch.ipv6);
    const getProfile = db.prepare('select body from profiles where interface = ?');
    const putProfile = db.prepare('insert or replace into profiles values (?,?)');
    for (const profile of batch.profiles) {
      if (containsNothing(profile)) continue;
      const known = getProfile.get(profile.interfaceId) as { body: string } | undefined;
      const merged = known ? mergeProfile(profileFromJson(known.body), profile) : profile;
      putProfile.run(profile.interfaceId, profileToJson(merged));
    }
    const putFact = db.prepare(
      `insert into facts values (?,?,?,?,?,?,?,?,?) on conflict (address, vpc) do update set ${[
        'account',
        'subnet',
        'az',
        'workload',
        'tags',
      ]
        .map((column) => {
          const nothing = column === 'tags' ? "'[]'" : "''";
          return `${column} = case when excluded.${column} <> ${nothing} and (${column} = ${nothing} or excluded.last_minute >= last_minute)
            then excluded.${column} else ${column} end`;
        })
        .join(', ')},
       first_minute = min(first_minute, excluded.first_minute), last_minute = max(last_minute, excluded.last_minute)`,
    );
    putHolders(db, batch.facts);
    for (const f of batch.facts) {
      putFact.run(
        f.address,
        f.vpcId,
        f.accountId,
        f.subnetId,
        f.azId,
        f.workload,
        JSON.stringify(f.tags),
        f.firstMinute,
        f.lastMinute,
      );
    }
    const putMalformed = db.prepare(
      'insert into malformed values (?,?,?) on conflict (reason) do update set count = count + excluded.count',
    );
    for (const [reason, { count, sample }] of batch.malformed) putMalformed.run(reason, count, sample);
    bump();
  });

  const putIpv6 = (addresses: ReadonlyMap<bigint, string>): void => {
    const get = db.prepare('select address from ipv6 where id = ?');
    const put = db.prepare('insert or ignore into ipv6 values (?,?)');
    for (const [id, address] of addresses) {
      put.run(String(id), address);
      const stored = (get.get(String(id)) as { address: string }).address;
      if (stored !== address) {
        throw new NetcostError('store', `Two IPv6 addresses, ${stored} and ${address}, have one key in the store.`, {
          hint: 'Please report this; nothing was stored of this batch.',
        });
      }
    }
  };

  // Prepared once: each object of an ingest asks for them.
  const statements = {
    objectAt: db.prepare('select * from objects where path = ?'),
    objectNamed: db.prepare(
      "select * from objects where name = ? and form <> 'duplicate' and id not in (select id from replaced)",
    ),
    hasDigest: db.prepare("select 1 from objects where digest = ? and form <> 'unreadable' limit 1"),
  };
  const one = (row: unknown): StoredObject | undefined => (row === undefined ? undefined : toObject(row as Row));

  return {
    dir,
    objectAt: (path) => one(statements.objectAt.get(path)),
    objectNamed: (name) => one(statements.objectNamed.get(name)),
    hasDigest: (digest) => statements.hasDigest.get(digest) !== undefined,
    nextObjectId: () =>
      Number((db.prepare('select coalesce(max(id), 0) + 1 as id from objects').get() as { id: number }).id),
    commitBatch: (batch) => commit(batch),
    segments: () =>
      all('select * from segments order by id').map((r) => ({
        id: whole(r, 'id'),
        legsFile: text(r, 'legs_file'),
        presenceFile: text(r, 'presence_file'),
        legs: whole(r, 'legs'),
        firstMinute: whole(r, 'first_minute'),
        lastMinute: whole(r, 'last_minute'),
      })),
    replacedObjects: () => all('select id from replaced').map((r) => whole(r, 'id')),
    contexts: () =>
      new Map(
        all('select * from contexts').map((r) => [BigInt(text(r, 'id')), JSON.parse(text(r, 'body')) as SourceContext]),
      ),
    services: () => new Map(all('select * from services').map((r) => [whole(r, 'id'), text(r, 'name')])),
    ipv6: () => new Map(all('select * from ipv6').map((r) => [BigInt(text(r, 'id')), text(r, 'address')])),
    profiles: () => all('select body from profiles').map((r) => profileFromJson(text(r, 'body'))),
    facts: () =>
      all('select * from facts').map((r) => ({
        address: text(r, 'address'),
        vpcId: text(r, 'vpc'),
        accountId: text(r, 'account'),
        subnetId: text(r, 'subnet'),
        azId: text(r, 'az'),
        workload: text(r, 'workload'),
        tags: JSON.parse(text(r, 'tags')) as string[],
        firstMinute: whole(r, 'first_minute'),
        lastMinute: whole(r, 'last_minute'),
      })),
    handovers: () => readHandovers(db),
    flowLogLives: atRevision(() =>
      all(
        `select flow_log, min(first_second) first_second, max(last_second) last_second from objects
         where row_count > 0 and id not in (select id from replaced) group by flow_log`,
      ).map((r) => ({
        flowLogId: text(r, 'flow_log'),
        firstSecond: whole(r, 'first_second'),
        lastSecond: whole(r, 'last_second'),
      })),
    ),
    damagedObjects: atRevision(() =>
      all('select * from objects where damage is not null and id not in (select id from replaced)').map(toObject),
    ),
    malformed: () =>
      new Map(
        all('select * from malformed').map((r) => [
          text(r, 'reason') as MalformedReason,
          { count: whole(r, 'count'), sample: text(r, 'sample') },
        ]),
      ),
    malformedLines: atRevision(() =>
      whole(all('select sum(malformed) lines from objects where id not in (select id from replaced)')[0]!, 'lines'),
    ),
    days: () =>
      all('select * from days order by day').map((r) => ({
        day: whole(r, 'day'),
        isDirty: whole(r, 'dirty') === 1,
        hoursFile: maybe(r, 'hours_file'),
        daysFile: maybe(r, 'days_file'),
        clientsFile: maybe(r, 'clients_file'),
        presenceFile: maybe(r, 'presence_file'),
        isFinal: whole(r, 'final') === 1,
      })),
    settleDay: (day) => {
      db.transaction(() => {
        db.prepare('insert or replace into days values (?,?,?,?,?,?,?)').run(
          day.day,
          day.isDirty ? 1 : 0,
          day.hoursFile ?? null,
          day.daysFile ?? null,
          day.clientsFile ?? null,
          day.presenceFile ?? null,
          day.isFinal ? 1 : 0,
        );
        bump();
      })();
    },
    finishDay: (day) => {
      db.transaction(() => {
        db.prepare('update days set final = 1, dirty = 0 where day = ?').run(day);
        bump();
      })();
    },
    forgetDays: (before) => {
      const { changes } = db.prepare('delete from days where day < ? and final = 1').run(before);
      if (changes > 0) bump();
      return changes;
    },
    replaceSegments: (ids, segments) => {
      db.transaction(() => {
        const remove = db.prepare('delete from segments where id = ?');
        for (const id of ids) remove.run(id);
        for (const segment of segments) putSegment(segment);
        bump();
      })();
    },
    meta: (key) =>
      (db.prepare('select value from meta where key = ?').get(key) as { value: string } | undefined)?.value,
    setMeta: (key, value) => {
      db.prepare('insert or replace into meta values (?,?)').run(key, value);
    },
    // A commit that waits takes all before it along: they are in the same log.
    forceToDisk: () =>
      db.exec(
        "pragma synchronous = full; insert or replace into meta values ('on disk', 'yes'); pragma synchronous = normal",
      ),
    revision,
    emptyJournal: () => {
      try {
        db.exec('pragma busy_timeout = 0; pragma wal_checkpoint(truncate); pragma busy_timeout = 10000');
      } catch {
        // Somebody is reading, or the disk is full: the journal is as good, and the next one empties it.
      }
    },
    close: () => db.close(),
  };
}
