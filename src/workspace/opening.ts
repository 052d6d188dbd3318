import type { Room } from './room.js';

/** What people have said in the demo's channels before one comes in, so that the page is no empty room. */
export function postOpening(room: Room, alarm: { readonly client: string; readonly remote: string } | undefined): void {
  const [costs, payments] = ['C0COSTS01', 'C0PAY0001'];
  room.post({
    channel: costs,
    userId: 'U0PRIYA01',
    text: 'The NAT gateway line of the bill went up again this week. Does anybody know who that is?',
  });
  room.post({
    channel: costs,
    userId: 'U0MIGUEL1',
    text: 'Not payments, I think. We moved our backups behind an endpoint in spring.',
  });
  room.post({ channel: costs, userId: 'U0DANA001', text: 'Ask the flow logs: `/netcost since=24h by=team`' });
  if (alarm === undefined) return;
  const text = `The egress alarm was about ${alarm.client} talking to ${alarm.remote}. Point at this message and press *Who is behind this?*`;
  room.post({ channel: payments, userId: 'U0MIGUEL1', text });
}
