import type { Duplex } from 'node:stream';

/** Answers an upgrade with an HTTP refusal and ends the socket. */
export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const reasons: Record<number, string> = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' };
  const body = JSON.stringify({ error: { message } });
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** `?since=` as an event number; absent or nonsense gives undefined, so that the viewer starts from the snapshot. */
export function askedSince(url: URL, runId: string | undefined): number | undefined {
  const text = url.searchParams.get('since');
  const run = url.searchParams.get('run');
  if (text === null || !/^\d{1,15}$/.test(text)) return undefined;
  // A number means nothing in another run.
  return run === null || run === runId ? Number(text) : undefined;
}
