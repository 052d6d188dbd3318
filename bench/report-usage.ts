import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Loaded before a measured program (`node --import`): when it ends, it tells what it used, on file descriptor 3.

/** What a process used from its beginning to its end. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  /** Peak of its resident memory, threads included; MB of 10^6 bytes. */
  readonly peakMb: number;
}

/** Linux counts a child's ru_maxrss from before it became another program, VmHWM only from then on. */
function peakMb(): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    if (kib !== undefined) return (Number(kib) * 1024) / 1e6;
  } catch {
    // No /proc: not Linux.
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

if (isMainThread) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(3, JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakMb: peakMb() } satisfies ProcessUsage));
  });
}
