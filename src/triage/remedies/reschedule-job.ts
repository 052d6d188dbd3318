import { advice, type Fix } from './fix.js';

/** The job at another hour, or less often. NAT bytes cost the same at night; it helps where it competes or repeats. */
export function rescheduleJob(): Fix {
  return advice('reschedule-job');
}
