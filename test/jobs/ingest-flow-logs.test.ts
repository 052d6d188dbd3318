import { describe, expect, it } from 'vitest';
import { ingestFlowLogs } from '../../jobs/ingest-flow-logs.js';
import type { IngestReport } from '../../src/rollups/ingest.js';

const nothing: IngestReport = {
  objectsRead: 0,
  objectsKnown: 9,
  objectsPassedOver: 0,
  duplicates: 0,
  unreadable: [],
  rows: 0,
  malformed: new Map(),
  tookMs: 1,
};

function job(report: Partial<IngestReport>, failure?: Error) {
  const done: string[] = [];
  const made = ingestFlowLogs({
    when: '*/5 * * * *',
    before: async () => void done.push('before'),
    ingest: async () => {
      done.push('ingest');
      if (failure) throw failure;
      return { ...nothing, ...report };
    },
    compact: async () => {
      done.push('compact');
      return { segmentsJoined: 8, finalDays: 1, forgottenDays: 0, filesRemoved: 16 };
    },
  });
  return { done, made };
}

describe('the job that ingests flow logs', () => {
  it('reads, then compacts, and says what it did', async () => {
    const { done, made } = job({
      objectsRead: 3,
      rows: 1200,
      malformed: new Map([['columns', { count: 2, sample: 'x' }]]),
      unreadable: [{ path: 'a/b.log.gz', why: 'EACCES' }],
    });
    expect(await made.run(new AbortController().signal)).toBe(
      '3 new objects, 1200 rows, 2 malformed lines, 1 unreadable, as a/b.log.gz, 8 files joined, 1 days kept as sums',
    );
    expect(done).toEqual(['before', 'ingest', 'compact']);
  });

  it('leaves the store alone where nothing is new', async () => {
    const { done, made } = job({});
    expect(await made.run(new AbortController().signal)).toBe('0 new objects, 0 rows');
    expect(done).toEqual(['before', 'ingest']);
  });

  it('does not compact once it is told to stop', async () => {
    const { done, made } = job({ objectsRead: 1 });
    await expect(made.run(AbortSignal.abort())).rejects.toThrow();
    expect(done).toEqual(['before', 'ingest']);
  });

  it('fails as its ingest fails', async () => {
    await expect(job({}, new Error('no room')).made.run(new AbortController().signal)).rejects.toThrow('no room');
  });
});
