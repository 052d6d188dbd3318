import type { Config } from '../config.js';
import { threadEntry } from '../rollups/thread-entry.js';
import type { DiagnosisSubject } from '../triage/live.js';
import { type LiveThread, openLiveThread } from '../triage/live-thread.js';

/** What the thread gets: the config of the AWS accounts; undefined where all evidence is recorded. */
export interface TriageThreadData {
  readonly config: Config | undefined;
}

/** Diagnoses over the accounts of a config, or over recorded evidence, in a thread (triage-worker.ts). */
export function openTriageThread(
  config: Config | undefined,
  folderOf?: (subject: DiagnosisSubject) => Promise<string | undefined>,
): LiveThread {
  const entry = threadEntry('triage-worker', import.meta.url);
  return openLiveThread(entry, { config } satisfies TriageThreadData, folderOf);
}
