// A bot's triage as a process of its own, for tests that kill it. Arguments: JSON with the state, Slack and the evidence.
import { SILENT } from '../../src/log.js';
import { bindTriage } from '../../src/main/triage.js';
import { OPEN_ACCESS } from '../../src/slack/access.js';
import { nextWorkMs } from '../../src/state/incident-work.js';
import { openState, type StatePlace } from '../../src/state/open-state.js';
import { alertOf } from '../../src/triage/alerts/parse-alert.js';
import { recorded } from './triage-fixture.js';

const given = JSON.parse(process.argv[2] ?? '{}') as {
  readonly place: StatePlace;
  readonly botToken: string;
  readonly apiUrl: string;
  readonly evidence: string;
  readonly bundles: string;
  readonly payloads: readonly string[];
};
const state = await openState(given.place);
const bound = bindTriage({
  state,
  live: recorded(given.evidence),
  settings: {
    channel: 'C0COSTS01',
    securityChannel: undefined,
    mentions: { orders: 'U0MIGUEL1' },
    bundles: given.bundles,
  },
  access: OPEN_ACCESS,
  teams: async () => [],
  botToken: given.botToken,
  apiUrl: given.apiUrl,
  nowMs: () => Date.now(),
  log: SILENT,
  settleMs: 100,
  postLeaseMs: 3_000,
  delays: { leaseMs: 5_000 },
});
await bound.start();
for (const payload of given.payloads) await bound.onAlert(alertOf(payload), Date.now(), payload);
process.stdout.write('taken\n');
// What waits for a claim of the killed one to run out is due within seconds; what is left then are follow-ups.
for (;;) {
  await bound.triage.idle();
  const next = await nextWorkMs(state.db);
  if (next === null || next - Date.now() > 60_000) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
process.stdout.write('idle\n');
await bound.stop();
await state.close();
process.exit(0);
