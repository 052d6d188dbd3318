import { LARGEST, LARGEST_VIEWS, MESSAGES, VIEWS } from './messages.js';

/**
 * Asks Slack itself about every message and window that we can send, in the usual size and at the largest, by its
 * public method blocks.validate, which needs no token. Not a test: it needs the network, so a person runs it
 * (`npm run check:blocks`) after a change of blocks.
 */
const URL = 'https://slack.com/api/blocks.validate';
/** Slack allows about one call a second to a method of this kind. */
const PAUSE_MS = 1_200;

const all = [
  ...Object.entries({ ...MESSAGES, ...LARGEST }).map(([name, message]) => ({ name, body: { blocks: message.blocks } })),
  ...Object.entries({ ...VIEWS, ...LARGEST_VIEWS }).map(([name, view]) => ({ name, body: { view } })),
];
let refused = 0;
for (const { name, body } of all) {
  const response = await fetch(URL, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as {
    readonly ok: boolean;
    readonly error?: string;
    readonly errors?: unknown;
  };
  if (!answer.ok) refused += 1;
  process.stdout.write(
    `${answer.ok ? 'taken  ' : 'REFUSED'} ${name}${answer.ok ? '' : ` ${answer.error ?? ''} ${JSON.stringify(answer.errors ?? '')}`}\n`,
  );
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
process.exit(refused === 0 ? 0 : 1);
