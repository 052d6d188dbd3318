import { advice, type Fix } from './fix.js';

/** Exponential backoff with jitter and connection reuse, so that a refusal is not asked again at once. */
export function backoff(): Fix {
  return advice('backoff');
}
