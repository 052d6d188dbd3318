import { constants, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { SegmentJob, SegmentResult } from './segment-writer.js';

/** What a thread tells of a job, by the job's name. */
export type WorkerMessage = { readonly name: string } & (
  | { readonly type: 'progress'; readonly objects: number; readonly rows: number }
  | { readonly type: 'segment'; readonly result: SegmentResult }
  | { readonly type: 'failed'; readonly message: string }
);

const { dir, memoryLimitMb, stopped, isBackground } = workerData as {
  readonly dir: string;
  readonly memoryLimitMb: number;
  readonly stopped: Int32Array;
  readonly isBackground: boolean;
};
// Of this thread alone, on Linux (setpriority(2), "C library/kernel differences"); elsewhere a thread has none, and 0 is
// the whole process.
if (isBackground && platform() === 'linux') setPriority(constants.priority.PRIORITY_LOW);
// Loaded after that: starting two threads is a fifth of a second of work, which would hold up who asks meanwhile.
const { openSegmentWriter } = await import('./segment-writer.js');
const port = parentPort!;
const writer = await openSegmentWriter(dir, memoryLimitMb);
const send = (message: WorkerMessage): void => port.postMessage(message);

let last: Promise<unknown> = Promise.resolve();
port.on('message', (job: SegmentJob) => {
  const { name } = job;
  const written = last.then(() =>
    writer.write(job, {
      onProgress: (objects, rows) => send({ name, type: 'progress', objects, rows }),
      isStopped: () => Atomics.load(stopped, 0) !== 0,
    }),
  );
  last = written.catch(() => undefined);
  // The next job is read while the disk takes this one's files.
  written
    .then(async ({ result, onDisk }) => {
      await onDisk;
      send({ name, type: 'segment', result });
    })
    .catch((error: unknown) =>
      send({ name, type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
});
