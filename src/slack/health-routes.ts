import type { CustomRoute } from '@slack/bolt';

/** What the routes read; nothing here is secret, but /metrics is best kept inside the network. */
export interface Health {
  readonly page: () => Promise<string>;
  readonly contentType: string;
  readonly isConnected: () => boolean;
  readonly inFlight: () => number;
}

/** /healthz for whoever restarts us, /metrics for Prometheus; the same in both modes. */
export function healthRoutes(health: Health): readonly CustomRoute[] {
  return [
    {
      path: '/healthz',
      method: 'GET',
      handler: (_, response) => {
        const ok = health.isConnected();
        response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
        response.end(
          JSON.stringify({ ok, slack: ok ? 'connected' : 'not connected', questionsInFlight: health.inFlight() }),
        );
      },
    },
    {
      path: '/metrics',
      method: 'GET',
      handler: (_, response) => {
        health.page().then(
          (text) => {
            response.writeHead(200, { 'content-type': health.contentType, 'cache-control': 'no-store' });
            response.end(text);
          },
          () => {
            response.writeHead(500);
            response.end();
          },
        );
      },
    },
  ];
}
