import type { Message } from './message.js';

/** Messages that are one line of ours, without blocks. Here together, so that each stands in a golden. */
export const LINES = {
  noAddress: 'There is no IP address in that message.',
  oldButton: 'This button is of an older version of netcost. Ask again with /netcost.',
  noQuestion: 'This button carries no question. Ask again with /netcost.',
  notYours: 'Only the person who asked can stop this question.',
  notYourScan: 'Only the person who asked can accept this price. Ask with /netcost, and it is yours.',
  scanned: 'This price was accepted already: the answer comes in its place.',
  ended: 'This question has ended already.',
  oldIncident: 'netcost does not know this incident any more.',
  evidenceSent: 'The evidence is in your direct messages with netcost:',
  diagnosedHere: 'It is being diagnosed, in the thread of that message.',
  diagnosedThere: 'It is being diagnosed, in',
} as const;

export function lineMessage(text: string): Message {
  return { text, blocks: [] };
}

export function sharedLine(channelId: string): Message {
  return lineMessage(`Shared in <#${channelId}>.`);
}

/** For what nobody else caught; an admin finds the log line by the reference. */
export function faultLine(reference: string): Message {
  const what = 'Something went wrong inside netcost, and it has been logged.';
  return lineMessage(`${what} Try again; if it happens again, tell an admin the reference ${reference}.`);
}
