import { stringify } from 'csv-stringify/sync';
import { diagnosisMessage, terraformOf } from '../src/slack/diagnosis-blocks.js';
import { alertsMessage, mentionMessage, noteMessage, parentMessage } from '../src/slack/incident-blocks.js';
import { type IncidentView, readKept, readProgress } from '../src/slack/incident-view.js';
import type { Message } from '../src/slack/message.js';
import { showFile } from '../src/slack/thread-file.js';
import { losses, PARENT, type Shown, showPost, withdrawPosts } from '../src/slack/thread-posts.js';
import { progressLinesMessage } from '../src/slack/thread-progress.js';
import { moveToSecurity } from '../src/state/incident-acts.js';
import {
  alertsOf,
  type IncidentAlert,
  type IncidentPost,
  keepPost,
  notesOf,
  postsOf,
} from '../src/state/incident-work.js';
import type { Incident } from '../src/state/incidents.js';
import { isoTime, MINUTE_MS } from '../src/units.js';
import type { TriageDeps } from './triage-deps.js';

/** `changed`: the incident is another than it was, look again. Else when something is still to be shown, or null. */
type Result = { readonly kind: 'changed' } | { readonly kind: 'shown'; readonly laterMs: number | null };

/** The list of a burst becomes a file when it has been quiet this long. */
const QUIET_MS = 2 * MINUTE_MS;
/** A burst's headline counts; it is edited this often at most. */
const COUNT_MS = 4_000;
/** What is for the security team waits for a channel this long before it is looked for again. */
const HELD_MS = 10 * MINUTE_MS;

/** Brings the whole thread to what the incident says by now: the headline, progress, diagnosis, notes, files. */
export async function showThread(deps: TriageDeps, incident: Incident): Promise<Result> {
  const { db, thread } = deps;
  const nowMs = deps.now();
  const diagnosed = readKept(incident.diagnosed);
  const { security } = deps.channels;
  if (incident.isSecurity && incident.channel !== security) {
    if (security !== undefined) {
      await moveToSecurity(db, incident, security, nowMs);
      return { kind: 'changed' };
    }
    deps.log.error('a diagnosis is for the security team, and there is no channel for it: set triage.securityChannel', {
      incident: incident.id,
    });
    return { kind: 'shown', laterMs: await showHeld(deps, incident, nowMs) };
  }
  let laterMs: number | null = null;
  const take = (shown: Shown) => {
    if (shown.kind === 'later') laterMs = laterMs === null ? shown.untilMs : Math.min(laterMs, shown.untilMs);
    return shown.kind === 'shown';
  };
  take(await withdrawPosts(thread, incident.id));
  const posts = await postsOf(db, incident.id);
  const mention = await mentionInDiagnosis(deps, incident, posts, diagnosed !== null);
  const view: IncidentView = {
    incident,
    diagnosed,
    progress: readProgress(incident.progress),
    ...(mention === undefined ? {} : { mention }),
    nowMs,
  };
  const isCounting = incident.isBurst && posts.has(PARENT) && nowMs - incident.updatedMs < COUNT_MS;
  if (isCounting) laterMs = incident.updatedMs + COUNT_MS;
  // Without its headline a thread cannot begin; everything else waits for it.
  else if (!take(await showPost(thread, incident, PARENT, parentMessage(view)))) return { kind: 'shown', laterMs };
  // While a diagnosis runs, its own lines are newer than those that are kept.
  if (view.progress !== null && (view.progress.endedMs !== null || !posts.has('progress')))
    take(await showPost(thread, incident, 'progress', progressLinesMessage(view.progress)));
  const diagnosis = diagnosisMessage(view);
  if (diagnosis !== null && take(await showPost(thread, incident, 'diagnosis', diagnosis))) {
    const text = diagnosed === null ? null : terraformOf(diagnosed);
    if (text !== null)
      take(
        await showFile(thread, incident, {
          slot: 'terraform',
          name: 'netcost.tf',
          text,
          // Its first line is the time of the run: the same fixes, found again after a restart, are the same file.
          content: text.slice(text.indexOf('\n')),
          comment: 'What netcost proposes, as Terraform. Nothing was changed.',
        }),
      );
  }
  const late = await lateMention(deps, incident, diagnosed?.report.headline);
  if (late !== null) take(await showPost(thread, incident, MENTION, late));
  if (incident.alertCount > 1) {
    const alerts = await alertsOf(db, incident.id);
    if (!isCounting) take(await showPost(thread, incident, 'alerts', alertsMessage(alerts)));
    const fileMs = Math.max(...alerts.map((alert) => alert.lastMs)) + QUIET_MS;
    if (incident.isBurst && fileMs > nowMs) laterMs = Math.min(laterMs ?? fileMs, fileMs);
    else if (incident.isBurst) take(await showFile(thread, incident, alertsFile(alerts)));
  }
  for (const note of await notesOf(db, incident.id))
    take(await showPost(thread, incident, `note:${note.slot}`, noteMessage(note.says)));
  return { kind: 'shown', laterMs };
}

/** The row that says who was mentioned, and so that nobody is to be mentioned any more. */
const MENTION = 'mention';

/**
 * Who is mentioned in the diagnosis. That is decided and written down before it is posted first: Slack tells nobody of a
 * mention that an edit brings, and nobody is to be called twice.
 */
async function mentionInDiagnosis(
  deps: TriageDeps,
  incident: Incident,
  posts: ReadonlyMap<string, IncidentPost>,
  isDiagnosed: boolean,
): Promise<string | undefined> {
  if (losses(posts, 'diagnosis') > 0) return undefined;
  const marked = posts.get(MENTION);
  if (marked !== undefined) return marked.ts === 'diagnosis' ? marked.shown : undefined;
  const mention = deps.mentionOf(incident);
  if (!isDiagnosed || posts.has('diagnosis') || mention === undefined) return undefined;
  const row = { slot: MENTION, channel: incident.channel, ts: 'diagnosis', shown: mention };
  await keepPost(deps.db, incident.id, row, deps.now());
  return mention;
}

/** The owner who became known by a later run: a message of its own. Null where somebody was mentioned, or nobody is known. */
async function lateMention(
  deps: TriageDeps,
  incident: Incident,
  headline: string | undefined,
): Promise<Message | null> {
  const posts = await postsOf(deps.db, incident.id);
  const mention = deps.mentionOf(incident);
  if (headline === undefined || mention === undefined || posts.has(MENTION) || !posts.has('diagnosis')) return null;
  return mentionMessage(mention, incident.teams, headline);
}

/** Nothing of the diagnosis may stand in the cost channel: the thread says only that somebody has to look at the config. */
async function showHeld(deps: TriageDeps, incident: Incident, nowMs: number): Promise<number> {
  const says = 'The diagnosis is done and cannot be shown here. An admin of netcost has to set triage.securityChannel.';
  await showPost(deps.thread, incident, 'held', noteMessage(says));
  return nowMs + HELD_MS;
}

function alertsFile(alerts: readonly IncidentAlert[]) {
  const rows = alerts.map((alert) => [
    safeCell(alert.id),
    alert.kind,
    safeCell(alert.title),
    alert.state,
    alert.usd ?? '',
    alert.times,
    isoTime(alert.firstMs),
    isoTime(alert.lastMs),
  ]);
  return {
    slot: 'alert-list',
    name: 'alerts.csv',
    text: stringify([['id', 'kind', 'title', 'state', 'usd', 'times', 'first', 'last'], ...rows]),
    comment: `All ${alerts.length} alerts of this thread.`,
  };
}

/** A spreadsheet takes a cell that begins so for a formula, and titles come from AWS. */
function safeCell(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
