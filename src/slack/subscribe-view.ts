import type { ModalView, PlainTextOption } from '@slack/types';
import { zoneName } from '../answers/local-time.js';
import { readSubscribeRequest, type SubscribeRequest, writeSubscribeRequest } from '../answers/subscribe-words.js';
import { describeError } from '../errors.js';
import { LIMITS } from './limits.js';
import { type OurBlock, plainText, section } from './message.js';

export const SUBSCRIBE_VIEW = 'subscribe';

/** How often: the value is what one would type. */
const RHYTHMS: readonly (readonly [string, string])[] = [
  ['daily', 'Every day'],
  ...['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'].map(
    (day) => [`weekly ${day.toLowerCase()}`, `Every ${day}`] as const,
  ),
];
const ALL_TEAMS = 'all';

/** The window for `/netcost subscribe` without words. `channelId` is where it was asked. Pure. */
export function subscribeView(options: {
  readonly teams: readonly string[];
  readonly maySeeAll: boolean;
  readonly zone: string;
  readonly channelId: string;
  readonly metadata: string;
}): ModalView {
  const names = options.teams.filter((name) => name.length <= LIMITS.option.text).slice(0, LIMITS.select.options - 1);
  // The value is an index: names may be longer than a value may be.
  const teams = [
    ...(options.maySeeAll ? [option(ALL_TEAMS, 'All teams together')] : []),
    ...names.map((name, index) => option(`t${index}`, name)),
  ];
  const rhythms = RHYTHMS.map(([value, label]) => option(value, label));
  const initial = /^[CG]/.test(options.channelId) ? { initial_conversation: options.channelId } : {};
  const blocks: OurBlock[] =
    teams.length === 0
      ? [section('There is no team that you may see, so there is nothing to subscribe.')]
      : [
          {
            type: 'input',
            block_id: 'team',
            label: plainText('Whose traffic', 100),
            element: {
              type: 'static_select',
              action_id: 'pick:team',
              placeholder: plainText('Choose a team', 100),
              options: teams,
            },
          },
          {
            type: 'input',
            block_id: 'rhythm',
            label: plainText('How often', 100),
            element: {
              type: 'static_select',
              action_id: 'pick:rhythm',
              options: rhythms,
              ...(rhythms[0] === undefined ? {} : { initial_option: rhythms[0] }),
            },
          },
          textInput('time', 'At what time', '09:00'),
          textInput('zone', 'In which time zone', options.zone),
          {
            type: 'input',
            block_id: 'channel',
            optional: true,
            label: plainText('Where', 100),
            hint: plainText('Left empty it comes to your direct messages with netcost.', 200),
            element: {
              type: 'conversations_select',
              action_id: 'pick:channel',
              ...initial,
              filter: {
                include: ['public', 'private'],
                exclude_bot_users: true,
                exclude_external_shared_channels: true,
              },
            },
          },
        ];
  return {
    type: 'modal',
    callback_id: SUBSCRIBE_VIEW,
    title: plainText('Subscribe to a digest', LIMITS.view.title),
    ...(teams.length === 0 ? {} : { submit: plainText('Subscribe', LIMITS.view.submit) }),
    close: plainText('Cancel', LIMITS.view.close),
    private_metadata: options.metadata,
    blocks: blocks as ModalView['blocks'],
  };
}

type Values = Readonly<
  Record<
    string,
    Readonly<
      Record<
        string,
        {
          readonly value?: string | null | undefined;
          readonly selected_option?:
            | { readonly value?: string | undefined; readonly text?: { readonly text: string } }
            | null
            | undefined;
          readonly selected_conversation?: string | null;
        }
      >
    >
  >
>;

/** The window's state as the words after `subscribe`, or what is wrong with which input. */
export function readSubscribeState(
  values: Values,
): { readonly words: string } | { readonly errors: Readonly<Record<string, string>> } {
  const picked = values.team?.['pick:team']?.selected_option;
  const rhythm = values.rhythm?.['pick:rhythm']?.selected_option?.value ?? 'daily';
  const zone = zoneName((values.zone?.['pick:zone']?.value ?? '').trim());
  if (zone === undefined) return { errors: { zone: 'This is no time zone. Write it as Europe/Berlin or UTC.' } };
  let request: SubscribeRequest;
  try {
    request = readSubscribeRequest(`${rhythm} ${(values.time?.['pick:time']?.value ?? '').trim()}`);
  } catch (error) {
    return { errors: { time: describeError(error) } };
  }
  const team = picked?.value === ALL_TEAMS ? undefined : picked?.text?.text;
  const channel = values.channel?.['pick:channel']?.selected_conversation ?? 'me';
  return { words: writeSubscribeRequest({ ...request, team, zone, channel }) };
}

function textInput(id: string, label: string, value: string): OurBlock {
  return {
    type: 'input',
    block_id: id,
    label: plainText(label, 100),
    element: { type: 'plain_text_input', action_id: `pick:${id}`, initial_value: value, max_length: 60 },
  };
}

function option(value: string, label: string): PlainTextOption {
  return { value, text: plainText(label, LIMITS.option.text) };
}
