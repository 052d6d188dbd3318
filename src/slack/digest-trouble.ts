import type { Subscription } from '../state/subscriptions.js';
import { button, isButton, writeAsked } from './buttons.js';
import type { DigestOutcome } from './digest-post.js';
import { dayName, rhythmWords } from './digest-words.js';
import { context, fitMessage, type Message, section } from './message.js';
import { bold, code, escapeText, plain } from './mrkdwn.js';

/** What its owner has to know of a digest that did not arrive, or perhaps did not. */
export type DigestTrouble = Extract<DigestOutcome, { readonly kind: 'unsure' | 'failed' | 'denied' }>;

/** Slack's words for what only people there can mend: the subscription waits until they have. */
const MENDS: Readonly<Record<string, string>> = {
  is_archived: 'The channel is archived. Unarchive it and resume, or subscribe another channel.',
  channel_not_found:
    'The channel is gone, or it is private and netcost is not in it. Type /invite @netcost there, then resume.',
  not_in_channel: 'netcost is not in the channel. Type /invite @netcost there, then resume.',
  missing_scope: 'The app lacks a scope. An admin has to reinstall it with the scopes of manifest.yml; then resume.',
  restricted_action: 'A rule of this workspace forbids posting there. Ask its admins, then resume.',
  user_not_found: 'Slack does not know that person any more.',
  cannot_dm_bot: 'Slack takes no direct message there.',
  user_disabled: 'That account is switched off.',
};

/** One line that says why, and what to do; undefined where waiting mends it and the subscription goes on. */
export function whyPaused(trouble: DigestTrouble): string | undefined {
  if (trouble.kind === 'denied') return `${trouble.error.message} ${trouble.error.hint ?? ''}`.trim();
  return trouble.kind === 'failed' && trouble.reason !== 'invalid_blocks'
    ? (MENDS[trouble.reason] ?? `Slack says ${trouble.reason}.`)
    : undefined;
}

/** Tells the owner, in words and with the buttons that mend it. Pure. */
export function digestTroubleMessage(subscription: Subscription, day: string, trouble: DigestTrouble): Message {
  const { team, channel, id } = subscription;
  const what = `The digest of ${team ?? 'all teams'} for ${dayName(Date.parse(`${day}T00:00:00Z`))}`;
  const where = /^[CG][A-Z0-9]+$/.test(channel) ? `<#${channel}>` : 'your direct messages';
  const why = whyPaused(trouble);
  const isUnsure = trouble.kind === 'unsure';
  const line = isUnsure
    ? `may or may not stand in ${where}: Slack’s reply was lost, and netcost may not read that channel’s history. It is not posted again by itself.`
    : `was not posted in ${where}. ${plain(why ?? 'Slack did not take its content; the log says why.')}`;
  const after = why === undefined ? [] : [context(plain('Nothing more is posted there until you resume it.'))];
  const elements = [
    ...(isUnsure ? [button('ask:sub-again', 'Post it again', writeAsked({ text: `subscriptions test ${id}` }))] : []),
    ...(why === undefined
      ? []
      : [button('ask:sub-resume', 'Resume', writeAsked({ text: `subscriptions resume ${id}` }), { style: 'primary' })]),
    button('ask:sub-remove', 'Unsubscribe', writeAsked({ text: `unsubscribe ${id}` })),
  ].filter(isButton);
  return fitMessage({
    text: `${escapeText(what)} ${isUnsure ? 'may or may not have arrived' : 'was not posted'}.`,
    blocks: [
      section(`⚠ ${bold(what)} ${line}`),
      ...after,
      { type: 'actions', elements },
      context(`${plain(rhythmWords(subscription))} · ${code('/netcost subscriptions')}`),
    ],
  });
}
