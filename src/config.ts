/** What the process's environment says. Nothing else of netcost reads it. */
export interface Environment {
  /** NETCOST_DEBUG=1: errors come with their stack. */
  readonly isDebugging: boolean;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return { isDebugging: env.NETCOST_DEBUG !== undefined && env.NETCOST_DEBUG !== '' && env.NETCOST_DEBUG !== '0' };
}
