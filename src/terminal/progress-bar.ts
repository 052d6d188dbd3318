import type { IngestProgress } from '../rollups/ingest.js';
import { formatBytes } from '../units.js';

export interface ProgressBar {
  readonly update: (progress: IngestProgress) => void;
  /** Takes the bar off the screen. */
  readonly stop: () => void;
}

/** A bar on standard error while flow logs are read, with rows per second and the time that is left. */
export async function openProgressBar(stream: NodeJS.WritableStream, elapsedMs: () => number): Promise<ProgressBar> {
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    stream,
    format: 'reading {bar} {percentage} % · {done} of {all} · {rows} rows/s · {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
    fps: 8,
  });
  const startedMs = elapsedMs();
  let isStarted = false;
  return {
    update: ({ bytes, bytesDone, rows }) => {
      const perSecond = Math.round(rows / Math.max(0.001, (elapsedMs() - startedMs) / 1000));
      const fields = { done: formatBytes(bytesDone), all: formatBytes(bytes), rows: perSecond };
      if (!isStarted) bar.start(bytes, bytesDone, fields);
      else {
        // Of a bucket more is found while some is read.
        bar.setTotal(bytes);
        bar.update(bytesDone, fields);
      }
      isStarted = true;
    },
    stop: () => bar.stop(),
  };
}
