import { advice, type Fix } from './fix.js';

/** Nothing to change. Stands alone. */
export function nothing(): Fix {
  return advice('none');
}
