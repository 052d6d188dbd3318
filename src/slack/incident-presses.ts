import type { WebClient } from '@slack/web-api';
import type { Caller } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import type { Decision } from '../state/incident-acts.js';
import type { Incident } from '../state/incidents.js';
import { type Desk, guarded, type Request } from './answer-call.js';
import { checkAudience, findAudience } from './audience.js';
import type { Conversation } from './conversation.js';
import { INCIDENT_ACTIONS } from './incident-blocks.js';
import type { IncidentDesk } from './incident-desk.js';
import { checkIncidentRight, type IncidentAct } from './incident-rights.js';
import { LINES, lineMessage } from './lines.js';
import { asideConversation, type Press } from './press.js';
import { snoozeView } from './snooze-view.js';
import { sendPrivately } from './thread-file.js';

type Handler = (desk: Desk, client: WebClient, press: Press) => Promise<void>;

/** What each button of an incident does; one line here per button. */
export const INCIDENT_HANDLERS: readonly (readonly [string, Handler])[] = [
  [INCIDENT_ACTIONS.expected, decideWith('expected', { kind: 'expected' })],
  [INCIDENT_ACTIONS.notAnIssue, decideWith('not-an-issue', { kind: 'not-an-issue' })],
  [INCIDENT_ACTIONS.fixed, decideWith('fixed', { kind: 'fixed' })],
  [INCIDENT_ACTIONS.reopen, decideWith('fixed', { kind: 'reopen' })],
  [INCIDENT_ACTIONS.runAgain, decideWith('run-again', { kind: 'run-again' })],
  [INCIDENT_ACTIONS.snooze, askForSnooze],
  [INCIDENT_ACTIONS.save, (desk, client, press) => onIncident(desk, client, press, 'export', sendEvidence)],
];

function decideWith(act: IncidentAct, decision: Decision): Handler {
  return (desk, client, press) =>
    onIncident(desk, client, press, act, async ({ triage, incident, userId }) => {
      await triage.decide(incident, decision, userId);
    });
}

/** The window comes first: a trigger lives three seconds. The right is looked at when it is sent. */
async function askForSnooze(_desk: Desk, client: WebClient, press: Press): Promise<void> {
  await client.views.open({ trigger_id: press.triggerId, view: snoozeView(press.value ?? '') });
}

/** One wish of one person about one incident. */
interface Wish {
  readonly triage: IncidentDesk;
  readonly incident: Incident;
  readonly userId: string;
  readonly client: WebClient;
  readonly aside: Conversation;
}

async function onIncident(
  desk: Desk,
  client: WebClient,
  press: Press,
  act: IncidentAct,
  work: (wish: Wish) => Promise<void>,
): Promise<void> {
  const aside = asideConversation(client, press, desk.deps.log);
  const request: Request = {
    text: `${act} ${press.value ?? ''}`,
    place: press.place,
    teamId: press.teamId,
    via: 'button',
  };
  await guarded(desk, aside, request, async (caller) => {
    const found = await findIncident(desk, press.value, caller, act);
    await work({ ...found, userId: press.place.userId, client, aside });
  });
}

async function findIncident(
  desk: Desk,
  id: string | undefined,
  caller: Caller,
  act: IncidentAct,
): Promise<{ readonly triage: IncidentDesk; readonly incident: Incident }> {
  const { triage } = desk.deps;
  const incident = triage === undefined || id === undefined ? undefined : await triage.read(id);
  if (triage === undefined || incident === undefined)
    throw new NetcostError('usage', LINES.oldIncident, { hint: 'Ask for it with /netcost diagnose.' });
  checkIncidentRight(act, incident, caller, desk.access.rules);
  return { triage, incident };
}

/** The window for a snooze was sent. */
export async function snoozeIncident(
  desk: Desk,
  aside: Conversation,
  request: Request,
  incidentId: string,
  forMs: number,
): Promise<void> {
  await guarded(desk, aside, request, async (caller) => {
    const { triage, incident } = await findIncident(desk, incidentId, caller, 'snooze');
    const untilMs = desk.deps.now() + forMs;
    await triage.decide(incident, { kind: 'snooze', untilMs }, request.place.userId);
  });
}

/** Evidence names people and addresses, so it goes to the one who asked and to nobody else. */
async function sendEvidence({ triage, incident, userId, client, aside }: Wish): Promise<void> {
  const { name, bytes } = await triage.pack(incident);
  await sendPrivately({ client }, userId, {
    name,
    bytes,
    comment: 'The evidence of this diagnosis. Replay it with: netcost diagnose --bundle FOLDER',
  });
  await aside.show(lineMessage(`${LINES.evidenceSent} ${name}`));
}

/** `@netcost export` in a thread. False where the thread is none of an incident: then it is a question like any other. */
export async function exportThread(
  desk: Desk,
  client: WebClient,
  aside: Conversation,
  request: Request,
): Promise<boolean> {
  const { threadTs, channelId, userId } = request.place;
  const { triage } = desk.deps;
  if (triage === undefined || threadTs === undefined) return false;
  const incident = await triage.ofThread(channelId, threadTs);
  if (incident === undefined) return false;
  await guarded(desk, aside, request, async (caller) => {
    checkIncidentRight('export', incident, caller, desk.access.rules);
    await sendEvidence({ triage, incident, userId, client, aside });
  });
  return true;
}

/** *Diagnose this alert* on somebody's message. Below that message only where everybody there may read a diagnosis. */
export async function diagnoseMessage(
  desk: Desk,
  client: WebClient,
  aside: Conversation,
  request: Request,
  message: { readonly text: string; readonly ts: string },
): Promise<void> {
  await guarded(desk, aside, request, async (caller) => {
    const { triage } = desk.deps;
    if (triage === undefined) throw new NetcostError('usage', 'Alerts are not diagnosed here: triage is not set up.');
    const { channelId } = request.place;
    const isFit = await isFitForAll(desk, client, caller, request);
    const place = isFit ? { channelId, ts: message.ts } : undefined;
    const { channel, isHere } = await triage.diagnoseMessage(message.text, place);
    await aside.show(lineMessage(isHere ? LINES.diagnosedHere : `${LINES.diagnosedThere} <#${channel}>.`));
  });
}

async function isFitForAll(desk: Desk, client: WebClient, caller: Caller, request: Request): Promise<boolean> {
  try {
    // A diagnosis names every team, so every reader has to be one who may see all of them.
    const audience = await findAudience(
      client,
      desk.access,
      request.place.channelId,
      { ...caller, teams: 'all' },
      request.teamId,
    );
    checkAudience(audience, desk.access.rules);
    return true;
  } catch {
    return false;
  }
}
