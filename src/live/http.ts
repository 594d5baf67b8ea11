import type { IncomingMessage, ServerResponse } from 'node:http';
import { EmagentError, ERRORS, toEmagentError } from '../contract/errors.ts';
import { createSerialQueue } from '../lib/queue.ts';
import { type AccessRules, refuseOrigin, refuseToken } from './access.ts';
import { dashboardFiles } from './dashboard-files.ts';
import type { Snapshot } from './snapshot.ts';

export interface PictureClassification {
  readonly label: string;
  /** In the order of `labels`. */
  readonly probabilities: readonly number[];
  readonly labels: readonly string[];
  /** Reason, when the picture fits no category. */
  readonly rejected?: string;
}
/** Classifies the bytes of a picture file. Throws EM_PICTURE when they are none. */
export type ClassifyPicture = (bytes: Uint8Array, name: string) => Promise<PictureClassification>;

export interface HttpParts {
  readonly access: AccessRules;
  snapshot(): Snapshot;
  thumbnail(frameId: string): Promise<Uint8Array | undefined>;
  readonly classify?: ClassifyPicture;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, context?: Record<string, unknown>): void;
}

export const LARGEST_PICTURE_BYTES = 32 * 1024 * 1024;
/** Pictures that wait for the classifier; each may be 32 MiB. */
const WAITING_PICTURES = 4;

/** No inline script or style, nothing from elsewhere, in nobody's frame. */
const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

class HttpRefusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

function reply(response: ServerResponse, status: number, body: { type: string; bytes: string | Uint8Array; headers?: Record<string, string> }): void {
  const bytes = typeof body.bytes === 'string' ? Buffer.from(body.bytes) : body.bytes;
  response.writeHead(status, { ...SECURITY_HEADERS, 'Content-Type': body.type, 'Content-Length': bytes.byteLength, ...body.headers });
  response.end(response.req.method === 'HEAD' ? undefined : bytes);
}

function json(value: unknown, headers: Record<string, string> = {}): { type: string; bytes: string; headers: Record<string, string> } {
  return { type: 'application/json; charset=utf-8', bytes: JSON.stringify(value), headers };
}

function readBody(request: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => reject(new HttpRefusal(413, `The picture is larger than ${LARGEST_PICTURE_BYTES / 1024 / 1024} MiB.`));
    if (Number(request.headers['content-length'] ?? 0) > LARGEST_PICTURE_BYTES) {
      tooLarge();
      return;
    }
    const parts: Buffer[] = [];
    let length = 0;
    // Not `for await`: leaving it would destroy the socket before the refusal is read.
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= LARGEST_PICTURE_BYTES) parts.push(part);
      else {
        parts.length = 0;
        tooLarge();
      }
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
    request.on('aborted', () => reject(new HttpRefusal(400, 'The picture was not sent to its end.')));
  });
}

/** Reads what is left of a body and throws it away, so that the client gets to read the answer; not for ever, though. */
function discardBody(request: IncomingMessage): void {
  let length = 0;
  request.on('data', (part: Buffer) => {
    length += part.length;
    if (length > 2 * LARGEST_PICTURE_BYTES) request.destroy();
  });
  request.resume();
}

function statusOf(error: EmagentError): number {
  if (error.code === 'EM_INTERNAL') return 500;
  return ERRORS[error.code].category === 'usage' ? 400 : 503;
}

/** Control characters would spoil a log line; a name says no more after 200 characters. */
function pictureName(url: URL): string {
  // oxlint-disable-next-line no-control-regex
  const name = (url.searchParams.get('name') ?? '').replace(/[\u0000-\u001f\u007f]/g, ' ').trim().slice(0, 200);
  return name === '' ? 'The picture' : name;
}

/** Answers every HTTP request: the dashboard, the snapshot, pictures of frames, classification of a picture. */
export function createHttpHandler(parts: HttpParts): (request: IncomingMessage, response: ServerResponse) => void {
  const files = dashboardFiles();
  const classifying = createSerialQueue();
  let waiting = 0;

  const classify = async (request: IncomingMessage, url: URL): Promise<PictureClassification> => {
    const { classify: classifyPicture } = parts;
    if (classifyPicture === undefined) throw new HttpRefusal(503, 'There is no classifier here: start `emagent serve` with a model.');
    if (waiting >= WAITING_PICTURES) throw new HttpRefusal(503, 'Other pictures are being classified: try again in a moment.', { 'Retry-After': '2' });
    waiting++;
    try {
      const bytes = await readBody(request);
      if (bytes.length === 0) throw new HttpRefusal(400, 'The request holds no picture.');
      return await classifying.run(() => classifyPicture(bytes, pictureName(url)));
    } finally {
      waiting--;
    }
  };
  const api = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const frame = /^\/v1\/frames\/([^/]+)\.jpg$/.exec(url.pathname)?.[1];
    const allowed = url.pathname === '/v1/classify' ? 'POST' : 'GET';
    if (url.pathname !== '/v1/snapshot' && url.pathname !== '/v1/classify' && url.pathname !== '/v1/live' && frame === undefined) {
      throw new HttpRefusal(404, `There is nothing at ${url.pathname}.`);
    }
    if (method !== allowed) throw new HttpRefusal(405, `${url.pathname} takes ${allowed} only.`, { Allow: allowed });
    if (url.pathname === '/v1/live') throw new HttpRefusal(426, 'This address speaks WebSocket.', { Upgrade: 'websocket' });
    if (url.pathname === '/v1/snapshot') reply(response, 200, json(parts.snapshot()));
    else if (url.pathname === '/v1/classify') reply(response, 200, json(await classify(request, url)));
    else {
      let id: string;
      try {
        id = decodeURIComponent(frame ?? '');
      } catch {
        throw new HttpRefusal(400, 'The frame id is not a valid URL part.');
      }
      // An id is no path, whatever the one who holds the pictures makes of it.
      const jpeg = /[/\\\0]/.test(id) ? undefined : await parts.thumbnail(id);
      if (jpeg === undefined) throw new HttpRefusal(404, `The picture of frame ${id} is not held here.`);
      // A frame never changes.
      reply(response, 200, { type: 'image/jpeg', bytes: jpeg, headers: { 'Cache-Control': 'private, max-age=3600' } });
    }
  };
  const page = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const file = files.get(url.pathname);
    if (file === undefined) throw new HttpRefusal(404, `There is nothing at ${url.pathname}.`);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpRefusal(405, 'Only GET here.', { Allow: 'GET, HEAD' });
    reply(response, 200, { type: file.type, bytes: await file.read() });
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusedOrigin = refuseOrigin(request, parts.access);
    if (refusedOrigin !== undefined) throw new HttpRefusal(refusedOrigin.status, refusedOrigin.message);
    let url: URL;
    try {
      url = new URL(request.url ?? '/', 'http://host');
    } catch {
      throw new HttpRefusal(400, 'The address of the request is no URL.');
    }
    if (!url.pathname.startsWith('/v1/')) return page(request, response, url);
    const refused = refuseToken(request, url, parts.access);
    if (refused !== undefined) throw new HttpRefusal(refused.status, refused.message, { 'WWW-Authenticate': 'Bearer' });
    return api(request, response, url);
  };
  return (request, response) => {
    response.on('error', () => undefined);
    answer(request, response).catch((thrown: unknown) => {
      if (response.headersSent || response.destroyed) return;
      discardBody(request);
      if (thrown instanceof HttpRefusal) {
        reply(response, thrown.status, json({ error: { message: thrown.message } }, thrown.headers));
        return;
      }
      const error = toEmagentError(thrown);
      if (error.code === 'EM_INTERNAL') parts.log('error', error.message, { stack: error.stack });
      reply(response, statusOf(error), json({ error: { code: error.code, message: error.message, hint: error.hint } }));
    });
  };
}
