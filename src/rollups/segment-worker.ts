import { parentPort, workerData } from 'node:worker_threads';
import { openSegmentWriter, type SegmentJob, type SegmentResult } from './segment-writer.js';

export type WorkerMessage =
  | { readonly type: 'progress'; readonly objects: number; readonly rows: number }
  | { readonly type: 'segment'; readonly result: SegmentResult }
  | { readonly type: 'failed'; readonly message: string };

const { dir, memoryLimitMb } = workerData as { dir: string; memoryLimitMb: number };
const port = parentPort!;
const writer = await openSegmentWriter(dir, memoryLimitMb);
const send = (message: WorkerMessage): void => port.postMessage(message);

port.on('message', (job: SegmentJob) => {
  writer
    .write(job, (objects, rows) => send({ type: 'progress', objects, rows }))
    .then(
      (result) => send({ type: 'segment', result }),
      (error: unknown) => send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
});
