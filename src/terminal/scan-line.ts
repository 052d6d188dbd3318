import { type AskProgress, ENGINE_NAMES } from '../answers/ask-progress.js';
import { formatBytes, formatUsd } from '../units.js';

export interface ScanLine {
  readonly show: (progress: AskProgress) => void;
  /** Takes the line off the screen. */
  readonly stop: () => void;
}

/** How far AWS is with a question, on one line of standard error that is written over; nothing without a terminal. */
export function openScanLine(
  stream: (NodeJS.WritableStream & { readonly columns?: number }) | undefined,
  signal: AbortSignal,
): ScanLine {
  let last: AskProgress | undefined;
  let isShown = false;
  const put = (text: string): void => {
    // A line that wraps cannot be taken off again.
    stream?.write(`\r\u001b[K${text.slice(0, (stream.columns || 80) - 1)}`);
    isShown = text !== '';
  };
  const stopping = (): void => {
    if (last !== undefined)
      put(`Stopping in ${ENGINE_NAMES[last.engine]} … Ctrl-C again leaves it running there, and billed.`);
  };
  signal.addEventListener('abort', stopping, { once: true });
  return {
    show: (progress) => {
      last = progress;
      if (!signal.aborted) put(scanText(progress));
    },
    stop: () => {
      signal.removeEventListener('abort', stopping);
      if (isShown) put('');
    },
  };
}

/** "Athena: 41.2 GiB read, $0.20 · 25 s" */
function scanText({ engine, state, waitedMs, bytesScanned, usd }: AskProgress): string {
  const read = bytesScanned === 0 ? [] : [`${formatBytes(bytesScanned)} read, ${formatUsd(usd)}`];
  const how = {
    queued: ['waiting for its turn'],
    running: read.length > 0 ? [] : ['reading'],
    reading: ['fetching the result'],
  };
  return `${ENGINE_NAMES[engine]}: ${[...how[state], ...read, `${Math.round(waitedMs / 1000)} s`].join(' · ')}`;
}
