import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { loadNaming } from '../answers/load-naming.js';
import { openAwsAccess } from '../aws/access.js';
import { openLiveTriage } from '../aws/live-triage.js';
import { NetcostError } from '../errors.js';
import { openStore } from '../rollups/store.js';
import { readFlowFolder } from '../triage/bundle/flow-folder.js';
import { replayLive } from '../triage/bundle/replay-live.js';
import type { LiveTriage } from '../triage/live.js';
import { serveLive } from '../triage/serve-live.js';
import { accountsOf } from './accounts.js';
import { copySourcesOf } from './copy-sources.js';
import { localEvidence } from './live-local.js';
import type { TriageThreadData } from './triage-thread.js';

// The thread that diagnoses (triage-thread.ts starts it): its own connections to AWS and its own view of the store.

/** A third of the weight of others: they go first, and on a busy machine a diagnosis still ends within its minute. */
const NICENESS = 5;
// Of this thread alone, on Linux (segment-worker.ts).
if (platform() === 'linux') setPriority(NICENESS);

const elapsedMs = () => performance.now();
const { config } = workerData as TriageThreadData;
let opened: ReturnType<typeof openAws> | undefined;

serveLive(
  parentPort!,
  async (folder) => {
    if (folder !== undefined || config === undefined) return recorded(folder);
    opened ??= openAws(config);
    // What could not be opened now may be there for the next diagnosis.
    opened.catch(() => {
      opened = undefined;
    });
    const { live, reload } = await opened;
    await reload();
    return live;
  },
  async () => (await opened?.catch(() => undefined))?.close(),
);

function recorded(folder: string | undefined): LiveTriage {
  return replayLive({
    folderOf: async () => folder,
    readFlowLogs: (logs, inventory) => readFlowFolder(logs, inventory, elapsedMs),
    elapsedMs,
  });
}

async function openAws(of: NonNullable<TriageThreadData['config']>) {
  const files = { ...of.data, copies: copySourcesOf(of) };
  let naming = await loadNaming(files);
  // One at a time: the pool of the process is that of the answers too.
  const store = await openStore(of.data.store, { create: false, elapsedMs, queriesAtOnce: 1 });
  const access = openAwsAccess(accountsOf(of.aws.accounts));
  const engine = {
    store,
    get naming() {
      return naming;
    },
  };
  const notHere = async (): Promise<never> => {
    throw new NetcostError('internal', 'The thread that diagnoses was asked what others answer.');
  };
  const live = openLiveTriage({
    access,
    local: localEvidence(engine, of.data),
    elapsedMs,
    // Subjects come as alerts: the main thread knows the last one, and the gateways of a team.
    lastPayload: notHere,
    gatewaysOfTeam: notHere,
    haveFlowLogsArrived: notHere,
  });
  return {
    live,
    // Files that are broken now leave the names as they were.
    reload: async () => {
      naming = await loadNaming(files).catch(() => naming);
    },
    close: async () => {
      access.close();
      store.close();
    },
  };
}
