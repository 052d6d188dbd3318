import { Worker } from 'node:worker_threads';
import { NetcostError } from '../errors.js';
import type { WorkerMessage } from './segment-worker.js';
import { openSegmentWriter, type SegmentJob, type SegmentResult } from './segment-writer.js';
import { threadEntry } from './thread-entry.js';

/** A few threads that turn batches of objects into segments, each with its own small database. */
export interface Workers {
  run(job: SegmentJob, onProgress: (objects: number, rows: number) => void): Promise<SegmentResult>;
  /** What waits is rejected at once, what runs before its next object. */
  stop(): void;
  close(): Promise<void>;
}

interface Waiting {
  readonly job: SegmentJob;
  readonly onProgress: (objects: number, rows: number) => void;
  readonly resolve: (result: SegmentResult) => void;
  readonly reject: (error: Error) => void;
}

/** For each thread; a batch's columns and the sort of them fit (measured in docs/speed.md). */
const MEMORY_LIMIT_MB = 96;
/** One is read, one waits for it, so that a thread has work while the catalog takes what it has done. */
const JOBS_OF_A_THREAD = 2;

/** The same in the calling thread: where there is little to read, a thread costs more to start than it saves. */
export async function openInlineWriter(dir: string): Promise<Workers> {
  const writer = await openSegmentWriter(dir, MEMORY_LIMIT_MB);
  let last: Promise<unknown> = Promise.resolve();
  let stopped = false;
  return {
    run: (job, onProgress) => {
      const next = last.then(async () => {
        if (stopped) throw new NetcostError('cancelled', 'Stopped.');
        const { result, onDisk } = await writer.write(job, { onProgress, isStopped: () => stopped });
        await onDisk;
        return result;
      });
      last = next.catch(() => undefined);
      return next;
    },
    stop() {
      stopped = true;
    },
    async close() {
      await last;
      writer.close();
    },
  };
}

/** `isBackground`: gives way to everything else of the process, which answers people. */
export function openWorkers(dir: string, count: number, isBackground: boolean): Workers {
  const queue: Waiting[] = [];
  const running = new Map<string, { readonly worker: Worker; readonly waiting: Waiting }>();
  let stopped = false;

  const jobsOf = (worker: Worker): number => [...running.values()].filter((one) => one.worker === worker).length;
  const next = (): void => {
    while (queue.length > 0) {
      const worker = threads.reduce((least, one) => (jobsOf(one) < jobsOf(least) ? one : least));
      if (jobsOf(worker) >= JOBS_OF_A_THREAD) return;
      const waiting = queue.shift()!;
      running.set(waiting.job.name, { worker, waiting });
      worker.postMessage(waiting.job);
    }
  };
  const fail = (error: Error): void => {
    for (const waiting of [...[...running.values()].map((one) => one.waiting), ...queue.splice(0)])
      waiting.reject(error);
    running.clear();
  };
  const onMessage = (message: WorkerMessage): void => {
    const waiting = running.get(message.name)?.waiting;
    if (!waiting) return;
    if (message.type === 'progress') {
      waiting.onProgress(message.objects, message.rows);
      return;
    }
    running.delete(message.name);
    if (message.type === 'segment') {
      waiting.resolve(message.result);
      next();
    } else
      waiting.reject(
        new NetcostError('store', `A batch could not be written: ${message.message.split('\n')[0]}`, {
          hint: 'Nothing of it was stored; the next ingest reads it again.',
        }),
      );
  };

  const stopFlag = new Int32Array(new SharedArrayBuffer(4));
  const threads = Array.from({ length: count }, () => {
    const worker = new Worker(threadEntry('segment-worker', import.meta.url), {
      workerData: { dir, memoryLimitMb: MEMORY_LIMIT_MB, stopped: stopFlag, isBackground },
    });
    worker.on('message', onMessage);
    worker.on('error', (cause) =>
      fail(new NetcostError('internal', 'A thread that reads flow logs failed.', { cause })),
    );
    worker.on('exit', () => {
      if (!stopped && jobsOf(worker) > 0)
        fail(new NetcostError('internal', 'A thread that reads flow logs ended early.'));
    });
    return worker;
  });

  return {
    run: (job, onProgress) =>
      new Promise((resolve, reject) => {
        queue.push({ job, onProgress, resolve, reject });
        next();
      }),
    stop() {
      stopped = true;
      Atomics.store(stopFlag, 0, 1);
      for (const waiting of queue.splice(0)) waiting.reject(new NetcostError('cancelled', 'Stopped.'));
    },
    async close() {
      stopped = true;
      Atomics.store(stopFlag, 0, 1);
      // Ending a thread while its database works would end the process; it stops by itself before its next object.
      while (running.size > 0) await new Promise<void>((resolve) => setTimeout(resolve, 5));
      await Promise.all(threads.map((worker) => worker.terminate()));
    },
  };
}
