import type { Owner } from './owners.js';

/**
 * Tag keys whose value is the owner itself: `team: [Team, owner]` makes a resource tagged `owner=payments` the team
 * payments. The first key that a resource has counts; keys are compared without case, as AWS does not and people do.
 */
export interface TagKeys {
  readonly team: readonly string[];
  readonly env: readonly string[];
  readonly channel: readonly string[];
  /** Label name (lower case) → tag keys. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

/** The owner that tags name; undefined where none of them is a team. */
export function ownerOfTags(keys: TagKeys, tags: ReadonlyMap<string, string>): Owner | undefined {
  const own = new Map([...tags].map(([key, value]) => [key.toLowerCase(), { key, value: value.trim() }]));
  const first = (names: readonly string[]) =>
    names.map((name) => own.get(name.toLowerCase())).find((tag) => tag !== undefined && tag.value !== '');
  const team = first(keys.team);
  if (team === undefined) return undefined;
  const labels = [...keys.labels].flatMap(([name, wanted]): [string, string][] => {
    const found = first(wanted);
    return found === undefined ? [] : [[name, found.value]];
  });
  return {
    team: team.value,
    env: first(keys.env)?.value,
    channel: first(keys.channel)?.value,
    labels: new Map(labels),
    via: 'tag',
    matched: `${team.key}=${team.value}`,
    source: 'AWS tags',
  };
}
