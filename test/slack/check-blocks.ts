import { askValidator } from './ask-validator.js';
import { LARGEST, LARGEST_VIEWS, MESSAGES, VIEWS } from './messages.js';

/**
 * Asks Slack itself about every message and window that we can send, in the usual size and at the largest. Not a test:
 * it needs the network, so a person runs it (`npm run check:blocks`) after a change of blocks.
 */
/** Slack allows about one call a second to a method of this kind. */
const PAUSE_MS = 1_200;

const all = [
  ...Object.entries({ ...MESSAGES, ...LARGEST }).map(([name, message]) => ({ name, body: { blocks: message.blocks } })),
  ...Object.entries({ ...VIEWS, ...LARGEST_VIEWS }).map(([name, view]) => ({ name, body: { view } })),
];
let refused = 0;
for (const { name, body } of all) {
  const { isTaken, why } = await askValidator(body);
  if (!isTaken) refused += 1;
  process.stdout.write(`${isTaken ? 'taken  ' : 'REFUSED'} ${name} ${why}\n`);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
process.exit(refused === 0 ? 0 : 1);
