import { advice, type Fix } from './fix.js';

/** Fewer logs: level, sampling, exclusion filters at the agent. */
export function reduceLogVolume(): Fix {
  return advice('reduce-log-volume');
}
