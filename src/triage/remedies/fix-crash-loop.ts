import { advice, type Fix } from './fix.js';

/** Whatever restarts pulls its image again: the restarts are the bug, the bytes their price. */
export function fixCrashLoop(): Fix {
  return advice('fix-crash-loop');
}
