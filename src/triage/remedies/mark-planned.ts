import { advice, type Fix } from './fix.js';

/** Tells the anomaly's monitor that this was planned; nothing of the network changes. */
export function markPlanned(): Fix {
  return advice('mark-planned');
}
