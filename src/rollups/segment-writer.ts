import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { NetcostError } from '../errors.js';
import { createLegColumns, type LegColumns } from '../flows/legs.js';
import { createParser } from '../flows/parse-lines.js';
import type {
  AddressFact,
  InterfaceProfile,
  MalformedReason,
  PresenceRow,
  SourceContext,
} from '../flows/parsed-object.js';
import { type ReadResult, readObject, WHOLE_OBJECT_BYTES } from '../flows/read-object.js';
import { quoteLiteral } from './duckdb.js';
import { parquetAsText } from './parquet-as-text.js';
import { copyParquet, keepOnDisk, LEG_ORDER } from './parquet-files.js';
import { appendLegs, appendPresence, CREATE_LEGS, CREATE_PRESENCE } from './segment-columns.js';

/** A batch of objects for one segment. */
export interface SegmentJob {
  readonly name: string;
  readonly objects: readonly {
    readonly id: number;
    readonly path: string;
    readonly size: number;
    readonly flowLogId: string;
    readonly accountId: string;
    readonly region: string;
    /** Of what the store has under that path: the same content again is not read. */
    readonly knownDigest: string | undefined;
  }[];
  readonly passOver: ReadonlySet<string>;
  /** No two lines are added up. */
  readonly areSums: boolean;
  readonly logFormat: string | undefined;
}

interface ObjectOutcome {
  readonly id: number;
  readonly digest: string;
  readonly form: ReadResult['form'] | 'duplicate' | 'unreadable';
  readonly damage: string | undefined;
  readonly rows: number;
  readonly malformed: number;
  readonly firstSecond: number;
  readonly lastSecond: number;
}

export interface SegmentResult {
  readonly name: string;
  readonly outcomes: readonly ObjectOutcome[];
  readonly legs: number;
  readonly firstMinute: number;
  readonly lastMinute: number;
  readonly contexts: ReadonlyMap<bigint, SourceContext>;
  readonly services: ReadonlyMap<number, string>;
  readonly ipv6: ReadonlyMap<bigint, string>;
  readonly profiles: readonly InterfaceProfile[];
  readonly facts: readonly AddressFact[];
  readonly malformed: ReadonlyMap<MalformedReason, { count: number; sample: string }>;
}

/** Legs that wait in memory before they go to the database; about 15 MB. */
const FLUSH_LEGS = 250_000;
/** How often a thread tells how far it is. */
const REPORT_ROWS = 50_000;
/** Reads an object once, for its digest and for its rows; one too large for that is streamed for each. */
async function readWhole(
  path: string,
  size: number,
): Promise<{ readonly digest: string; readonly whole: Buffer | undefined }> {
  const hash = createHash('sha256');
  if (size <= WHOLE_OBJECT_BYTES) {
    // This thread has nothing else to do, and a promise for each step costs more than the step.
    const whole = readFileSync(path);
    return { digest: hash.update(whole).digest('hex').slice(0, 32), whole };
  }
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return { digest: hash.digest('hex').slice(0, 32), whole: undefined };
}

interface WriteOptions {
  readonly onProgress: (objects: number, rows: number) => void;
  /** Asked between objects: a thread is never ended in the middle of native work. */
  readonly isStopped: () => boolean;
}

/** A segment, which is safe once `onDisk` is. */
interface WrittenSegment {
  readonly result: SegmentResult;
  readonly onDisk: Promise<void>;
}

/** Turns batches into segments, one after another, with a small database of its own. */
export interface SegmentWriter {
  write(job: SegmentJob, options: WriteOptions): Promise<WrittenSegment>;
  close(): void;
}

/** `dir` is the store; `memoryLimitMb` what the database may use before it goes to the disk. */
export async function openSegmentWriter(dir: string, memoryLimitMb: number): Promise<SegmentWriter> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: `${memoryLimitMb}MB` });
  const connection = await instance.connect();
  await connection.run('set preserve_insertion_order = false');
  await connection.run(`set temp_directory = ${quoteLiteral(join(dir, 'tmp'))}`);
  const waiting = createLegColumns(FLUSH_LEGS);
  return {
    write: (job, options) => writeSegment(connection, dir, waiting, job, options),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function writeSegment(
  connection: DuckDBConnection,
  dir: string,
  waiting: LegColumns,
  job: SegmentJob,
  { onProgress, isStopped }: WriteOptions,
): Promise<WrittenSegment> {
  await connection.run(CREATE_LEGS);
  await connection.run(CREATE_PRESENCE);
  waiting.length = 0;
  const parser = createParser(waiting, job.passOver, job.areSums);
  const outcomes: ObjectOutcome[] = [];
  const malformed = new Map<MalformedReason, { count: number; sample: string }>();
  const digests = new Set<string>();
  const presence: { object: number; rows: readonly PresenceRow[] }[] = [];
  let unreported = { objects: 0, rows: 0 };
  let legs = 0;
  let firstMinute = Number.POSITIVE_INFINITY;
  let lastMinute = 0;

  for (const object of job.objects) {
    if (isStopped()) throw new NetcostError('cancelled', 'Stopped.');
    const nothing = {
      id: object.id,
      digest: '',
      damage: undefined,
      rows: 0,
      malformed: 0,
      firstSecond: 0,
      lastSecond: 0,
    };
    const before = waiting.length;
    let digest = '';
    let read: ReadResult;
    try {
      const contents = await readWhole(object.path, object.size);
      digest = `${object.flowLogId}:${contents.digest}`;
      if (object.knownDigest === digest || digests.has(digest)) {
        outcomes.push({ ...nothing, digest, form: 'duplicate' });
        continue;
      }
      const { id: objectId, flowLogId, accountId, region } = object;
      read = await readObject(object.path, {
        parser,
        origin: { objectId, flowLogId, accountId, region },
        whole: contents.whole,
        parquetAsText: (path) => parquetAsText(connection, path),
        ...(job.logFormat === undefined ? {} : { logFormat: job.logFormat }),
      });
    } catch (error) {
      parser.end();
      waiting.length = before;
      const damage = error instanceof Error ? error.message.split('\n')[0] : String(error);
      outcomes.push({ ...nothing, digest, form: 'unreadable', damage });
      continue;
    }
    digests.add(digest);
    const { parsed, form, damage } = read;
    const { rows, firstSecond, lastSecond } = parsed;
    legs += waiting.length - before;
    presence.push({ object: object.id, rows: parsed.presence });
    if (waiting.length >= FLUSH_LEGS) {
      await appendLegs(connection, waiting);
      waiting.length = 0;
    }
    for (const { minute } of parsed.presence) {
      firstMinute = Math.min(firstMinute, minute);
      lastMinute = Math.max(lastMinute, minute);
    }
    let refused = 0;
    for (const [reason, { count, sample }] of parsed.malformed) {
      refused += count;
      const known = malformed.get(reason);
      if (known) known.count += count;
      else malformed.set(reason, { count, sample });
    }
    outcomes.push({ ...nothing, digest, form, damage, rows, malformed: refused, firstSecond, lastSecond });
    unreported = { objects: unreported.objects + 1, rows: unreported.rows + rows };
    if (unreported.rows >= REPORT_ROWS) {
      onProgress(unreported.objects, unreported.rows);
      unreported = { objects: 0, rows: 0 };
    }
  }
  await appendLegs(connection, waiting);
  await appendPresence(connection, presence);
  const isEmpty = !Number.isFinite(firstMinute);
  const target = (kind: 'legs' | 'presence'): string => join(dir, 'segments', `${job.name}.${kind}.parquet`);
  if (!isEmpty) {
    await copyParquet(connection, target('legs'), `select * from legs order by ${LEG_ORDER}`);
    await copyParquet(connection, target('presence'), 'select * from presence order by context, minute');
  }
  const batch = parser.batch();
  const result = {
    name: job.name,
    outcomes,
    legs,
    firstMinute: isEmpty ? 0 : firstMinute,
    lastMinute,
    ...batch,
    malformed,
  };
  const onDisk = isEmpty
    ? Promise.resolve()
    : Promise.all([keepOnDisk(target('legs')), keepOnDisk(target('presence'))]).then(() => undefined);
  // Whoever waits for it comes later; until then its failure is nobody's.
  onDisk.catch(() => undefined);
  return { result, onDisk };
}
