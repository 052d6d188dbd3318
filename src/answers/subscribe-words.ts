import { NetcostError } from '../errors.js';
import { cleanQuestion, quoteValue, splitQuestion } from '../query/question-words.js';
import type { Rhythm } from './digest-due.js';
import { showMinute, zoneName } from './local-time.js';

/** What `/netcost subscribe …` asks for; what was not said is undefined. */
export interface SubscribeRequest {
  /** Undefined for the whole organisation. */
  readonly team: string | undefined;
  readonly every: Rhythm['every'];
  readonly weekday: number;
  readonly minute: number;
  readonly zone: string | undefined;
  /** Id of a channel, its name where Slack did not tell the id, or `me`; undefined for where it is asked. */
  readonly channel: string | undefined;
}

export const SUBSCRIBE_USAGE = 'subscribe [team=TEAM] daily|weekly [monday] [09:00] [Europe/Berlin] [in #channel]';
const EXAMPLE = 'Write it as: subscribe team=payments daily 09:00 Europe/Berlin in #payments';
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
/** At nine people are at work, and the day before is told of in most of the world. */
const DEFAULT_MINUTE = 9 * 60;

/**
 * Reads the words after `subscribe`, in any order. Without `team=` it is the whole organisation; a weekday means weekly.
 * Throws NetcostError('usage') for a word that is not understood, a time that does not exist and what is said twice.
 */
export function readSubscribeRequest(text: string): SubscribeRequest {
  // Slack writes a channel as <#C123|name>; its id is what can be posted to, and cleaning would take it away.
  const mention = /<#([CGD][A-Z0-9]{2,})(?:\|[^>]*)?>/g;
  const found: { team?: string; every?: Rhythm['every']; weekday?: number; minute?: number; zone?: string } = {};
  const channels = [...text.matchAll(mention)].map((match) => match[1] as string);
  const set = <K extends keyof typeof found>(key: K, value: NonNullable<(typeof found)[K]>, said: string) => {
    if (found[key] !== undefined && found[key] !== value) throw refuse(`"${said}" is there besides another.`);
    found[key] = value;
  };
  for (const word of splitQuestion(cleanQuestion(text.replace(mention, ' ')))) {
    if (word.kind === 'pair') {
      if (word.key.toLowerCase() !== 'team') throw refuse(`A digest is of a team, and "${word.key}" is none.`);
      const [first, ...others] = word.values;
      if (first === undefined || others.length > 0 || first.negated) throw refuse('A digest is of one team.');
      set('team', first.value, `team=${first.value}`);
      continue;
    }
    const said = word.word;
    const lower = said.toLowerCase();
    const weekday = WEEKDAYS.findIndex((name) => lower.length >= 3 && `${name}s`.startsWith(lower)) + 1;
    const minute = readMinute(lower);
    if (['in', 'at', 'on', 'every', 'to', 'everything', 'all'].includes(lower)) continue;
    if (lower === 'daily' || lower === 'day') set('every', 'daily', said);
    else if (lower === 'weekly' || lower === 'week') set('every', 'weekly', said);
    else if (weekday > 0) set('weekday', weekday, said);
    else if (minute !== undefined) set('minute', minute, said);
    else if (/^(?:me|dm|here)$/.test(lower)) channels.push(lower === 'here' ? '' : 'me');
    else if (/^#\S+$/.test(said) || /^[CGD][A-Z0-9]{7,}$/.test(said)) channels.push(said.replace(/^#/, ''));
    else if (zoneName(said) !== undefined) set('zone', zoneName(said) as string, said);
    else throw refuse(`"${said.slice(0, 60)}" is not understood.`);
  }
  if (channels.length > 1) throw refuse('A digest goes to one channel; subscribe once for each.');
  const every = found.every ?? (found.weekday === undefined ? undefined : 'weekly');
  if (every === undefined) throw refuse('How often is missing.');
  if (every === 'daily' && found.weekday !== undefined) throw refuse('A daily digest has no weekday.');
  return {
    team: found.team,
    every,
    weekday: found.weekday ?? 1,
    minute: found.minute ?? DEFAULT_MINUTE,
    zone: found.zone,
    channel: channels[0] === '' ? undefined : channels[0],
  };
}

/** The words that readSubscribeRequest reads the same request from. */
export function writeSubscribeRequest(request: SubscribeRequest): string {
  const { team, every, weekday, minute, zone, channel } = request;
  return [
    ...(team === undefined ? [] : [`team=${quoteValue({ value: team, negated: false })}`]),
    every,
    ...(every === 'weekly' ? [WEEKDAYS[weekday - 1]] : []),
    showMinute(minute),
    ...(zone === undefined ? [] : [zone]),
    ...(channel === undefined ? [] : ['in', /^[CGD][A-Z0-9]+$/.test(channel) ? `<#${channel}>` : channel]),
  ].join(' ');
}

/** `09:00`, `9:30`, `9am`, `12.15pm`, `0900` → minute of the day. Throws for a time that does not exist. */
function readMinute(word: string): number | undefined {
  const [, hours, minutes = '0', half] = /^(\d{1,2})(?:[:.h]?(\d\d))?h?(am|pm)?$/.exec(word) ?? [];
  if (hours === undefined) return undefined;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0);
  const isTime =
    hour < 24 && Number(minutes) < 60 && (half === undefined || (Number(hours) >= 1 && Number(hours) <= 12));
  if (!isTime) throw refuse(`"${word}" is no time of a day.`);
  return hour * 60 + Number(minutes);
}

function refuse(message: string): NetcostError {
  return new NetcostError('usage', message, { hint: EXAMPLE });
}
