import type { App, BlockAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { answerCall, type Desk, guarded, type Request } from '../answer-call.js';
import { ACTIONS, readAsked } from '../buttons.js';
import { findProblem, openComposer, teamsFor } from '../composer.js';
import type { InputState } from '../composer-view.js';
import { composerView, readChoices } from '../composer-view.js';
import type { Conversation } from '../conversation.js';
import { sendCsv } from '../csv-file.js';
import { openSettings, publishHome } from '../home.js';
import { INCIDENT_HANDLERS } from '../incident-presses.js';
import { LINES, lineMessage } from '../lines.js';
import { asideConversation, isDirect, type Press, pressConversation, readPress } from '../press.js';
import { deleteOriginal } from '../response-url.js';
import { acceptScan } from '../scan-press.js';
import { answerOf, shareAnswer } from '../share.js';
import { shareView } from '../share-view.js';
import { noticeView, statementView } from '../statement-view.js';

type Handler = (desk: Desk, client: WebClient, press: Press) => Promise<void>;

/** What each button does; one line here per button. */
const HANDLERS: readonly (readonly [string | RegExp, Handler])[] = [
  [ACTIONS.ask, askNext],
  [ACTIONS.cancel, cancel],
  [ACTIONS.scan, acceptScan],
  [ACTIONS.share, (desk, client, press) => share(desk, client, press, false)],
  [ACTIONS.shareAnyway, (desk, client, press) => share(desk, client, press, true)],
  [ACTIONS.shareElsewhere, shareElsewhere],
  [ACTIONS.dismiss, dismiss],
  [ACTIONS.csv, csv],
  [ACTIONS.statement, statement],
  [ACTIONS.compose, compose],
  [
    ACTIONS.homeSettings,
    (desk, client, { triggerId, teamId, place: { userId } }) =>
      openSettings(desk, client, { triggerId, teamId, userId }),
  ],
  [ACTIONS.homeRefresh, (desk, client, { teamId, place }) => publishHome(desk, client, place.userId, teamId)],
  ...INCIDENT_HANDLERS,
];

/** Every press of a button and every change in the composer. A button that nobody knows any more is answered too. */
export function listenToPresses(app: App, desk: Desk): void {
  app.action({ type: 'block_actions' }, async ({ ack, body, client }) => {
    await ack();
    const press = readPress(body);
    if (ACTIONS.composeChange.test(press.actionId)) return checkComposer(desk, client, body);
    // Choosing in a picker of a modal is no request yet: its value is read when the modal is sent.
    if (press.actionId.startsWith('pick:')) return;
    const handler = HANDLERS.find(([id]) =>
      typeof id === 'string' ? id === press.actionId : id.test(press.actionId),
    )?.[1];
    if (handler !== undefined) return handler(desk, client, press);
    desk.deps.log.warn('a button that is not known was pressed', { action: press.actionId });
    await tell(desk, client, press, LINES.oldButton);
  });
}

function requestOf(press: Press, via: string): Request | undefined {
  const asked = readAsked(press.value);
  return asked === undefined ? undefined : { ...asked, place: press.place, teamId: press.teamId, via };
}

async function tell(desk: Desk, client: WebClient, press: Press, line: string): Promise<void> {
  await asideConversation(client, press, desk.deps.log).show(lineMessage(line));
}

async function askNext(desk: Desk, client: WebClient, press: Press): Promise<void> {
  const request = requestOf(press, 'button');
  if (request === undefined) return tell(desk, client, press, LINES.noQuestion);
  await answerCall(desk, pressConversation(client, press, desk.deps.log), request, { progressShown: false });
}

async function cancel(desk: Desk, client: WebClient, press: Press): Promise<void> {
  const outcome = desk.runs.cancel(press.value ?? '', press.place.userId);
  if (outcome === 'foreign') return tell(desk, client, press, LINES.notYours);
  if (outcome === 'gone') return tell(desk, client, press, LINES.ended);
}

async function share(desk: Desk, client: WebClient, press: Press, confirmed: boolean): Promise<void> {
  const request = requestOf(press, 'share');
  if (request === undefined) return tell(desk, client, press, LINES.noQuestion);
  if (isDirect(press.place.channelId)) return shareElsewhere(desk, client, press);
  const aside = asideConversation(client, press, desk.deps.log);
  const { responseUrl } = press;
  const target = {
    channelId: press.place.channelId,
    ...(press.place.threadTs === undefined ? {} : { threadTs: press.place.threadTs }),
    ...(responseUrl === undefined ? {} : { responseUrl }),
  };
  await guarded(desk, aside, request, async (caller) => {
    const question = await shareAnswer(desk, client, caller, request, target, confirmed);
    if (question !== undefined) await aside.show(question);
    else if (confirmed && responseUrl !== undefined) await deleteOriginal(responseUrl);
  });
}

async function shareElsewhere(desk: Desk, client: WebClient, press: Press): Promise<void> {
  const request = requestOf(press, 'share');
  if (request === undefined) return tell(desk, client, press, LINES.noQuestion);
  await client.views.open({ trigger_id: press.triggerId, view: shareView(request, press.place.channelId) });
  if (press.isEphemeral && press.responseUrl !== undefined && press.actionId === ACTIONS.shareElsewhere)
    await deleteOriginal(press.responseUrl);
}

async function dismiss(_desk: Desk, _client: WebClient, press: Press): Promise<void> {
  if (press.responseUrl !== undefined) await deleteOriginal(press.responseUrl);
}

async function csv(desk: Desk, client: WebClient, press: Press): Promise<void> {
  const request = requestOf(press, 'csv');
  if (request === undefined) return tell(desk, client, press, LINES.noQuestion);
  const aside = asideConversation(client, press, desk.deps.log);
  await guarded(desk, aside, request, async (caller) => {
    const line = await sendCsv(desk, client, caller, request);
    if (line !== undefined) await aside.show(line);
  });
}

async function statement(desk: Desk, client: WebClient, press: Press): Promise<void> {
  const request = requestOf(press, 'statement');
  if (request === undefined) return tell(desk, client, press, LINES.noQuestion);
  const opened = await client.views.open({
    trigger_id: press.triggerId,
    view: noticeView('The query', 'One moment …'),
  });
  const viewId = opened.view?.id ?? '';
  const inView: Conversation = {
    edits: 'freely',
    shownAt: () => undefined,
    show: async ({ text }) =>
      void (await client.views.update({ view_id: viewId, view: noticeView('The query', text) })),
  };
  await guarded(desk, inView, request, async (caller) => {
    const answer = await answerOf(desk, caller, request, request.nowMs ?? desk.deps.now());
    await client.views.update({ view_id: viewId, view: statementView(answer.query.text, answer.statement) });
  });
}

async function compose(desk: Desk, client: WebClient, press: Press): Promise<void> {
  await openComposer(desk, client, {
    triggerId: press.triggerId,
    place: press.place,
    teamId: press.teamId,
    responseUrl: press.responseUrl,
  });
}

/** Shows in the open composer whether its choices make a question. */
async function checkComposer(desk: Desk, client: WebClient, body: BlockAction): Promise<void> {
  const { view } = body;
  if (view === undefined) return;
  const values = view.state.values as Readonly<Record<string, Readonly<Record<string, InputState>>>>;
  const choices = readChoices(values);
  const problem = findProblem(desk, choices);
  const caller = await desk.access.caller(body.user.id, body.team?.id);
  const next = composerView({
    teams: await teamsFor(desk, caller),
    choices,
    metadata: view.private_metadata,
    ...(problem === undefined ? {} : { problem }),
  });
  // The hash holds back an older check that comes in after a newer one.
  await client.views.update({ view_id: view.id, hash: view.hash, view: next }).catch((error: unknown) => {
    desk.deps.log.debug('a composer check came too late', { error });
  });
}
