import { advice, type Fix } from './fix.js';

/** A cache for packages and public images (CodeArtifact, ECR pull-through cache, a proxy) inside the network. */
export function pullThroughCache(): Fix {
  return advice('pull-through-cache');
}
