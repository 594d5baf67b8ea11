import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../contract/clock.ts';
import type { ControlPort, RunEvent, RunFeed } from '../contract/events.ts';
import { createRealClock } from '../lib/clock.ts';
import { type AccessRules, checkOpenHost, refuseOrigin, refuseToken } from './access.ts';
import { answerControl } from './control.ts';
import { createEventLog } from './event-log.ts';
import { type ClassifyPicture, createHttpHandler } from './http.ts';
import { listen } from './listen.ts';
import { type Hello, LIVE_PATH, LIVE_SUBPROTOCOL, LIVE_VERSION } from './protocol.ts';
import { createThumbnails, type Thumbnails } from './thumbnails.ts';
import { askedSince, refuseUpgrade } from './upgrade.ts';
import { createViewer, VIEWER_LIMITS, type Viewer, type ViewerLimits } from './viewer.ts';

export interface LiveServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Asked of everyone when given; must be given unless `host` is loopback. */
  readonly token?: string;
  /** Absent: no run, only picture classification. */
  readonly feed?: RunFeed;
  readonly control?: ControlPort;
  readonly classify?: ClassifyPicture;
  /** For the sockets' own housekeeping, so never a virtual one. */
  readonly clock?: Clock;
  readonly limits?: Partial<ViewerLimits>;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, context?: Record<string, unknown>): void;
}

export interface LiveServer {
  /** Of the dashboard, `http://host:port/`. */
  readonly url: string;
  /** Gives viewers the last events, closes every connection and the port. Idempotent. */
  close(): Promise<void>;
}

const LARGEST_MESSAGE_BYTES = 64 * 1024;
const MOST_VIEWERS = 64;
const CHECK_MS = 1000;
/** WebSocket close code "going away". */
const GOING_AWAY = 1001;

/**
 * HTTP and WebSocket on one port: docs/protocol-live.md. The run only appends to a list here; viewers read it at their
 * own pace. Throws EM_USAGE (other host than loopback without a token, not an address of this computer), EM_PORT_IN_USE.
 */
export async function createLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const { feed, control, classify, log } = options;
  checkOpenHost(options.host, options.token);
  const clock = options.clock ?? createRealClock();
  const limits: ViewerLimits = { ...VIEWER_LIMITS, ...options.limits };
  const access: AccessRules = { host: options.host, ...(options.token === undefined || options.token === '' ? {} : { token: options.token }) };
  const events = createEventLog();
  const viewers = new Set<Viewer>();
  let thumbnails: Thumbnails | undefined;

  // The run's call only pushes; everything else happens when the run has given back control.
  let arrived: RunEvent[] = [];
  let scheduled = false;
  const takeIn = (): void => {
    const batch = arrived;
    arrived = [];
    for (const event of batch) {
      events.append(event);
      if (event.type === 'frame') thumbnails?.offer('frame', event.frame.id);
      else if (event.type === 'find') thumbnails?.offer('find', event.find.frame);
    }
  };
  const distribute = (): void => {
    takeIn();
    for (const viewer of viewers) viewer.pump();
  };
  if (feed !== undefined) {
    thumbnails = createThumbnails(feed, {
      clock,
      send: (bytes) => {
        for (const viewer of viewers) viewer.thumbnail(bytes);
      },
      wanted: () => viewers.size > 0,
      onError: (error) => log('warn', `A thumbnail could not be made: ${error instanceof Error ? error.message : String(error)}`),
    });
  }
  const unsubscribe = feed?.subscribe(0, (event) => {
    arrived.push(event);
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      distribute();
    });
  });

  const http = createServer(
    createHttpHandler({
      access,
      snapshot: () => {
        takeIn();
        return events.snapshot();
      },
      thumbnail: async (id) => thumbnails?.get(id),
      ...(classify === undefined ? {} : { classify }),
      log,
    }),
  );
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : (offered.values().next().value ?? false)),
  });

  const welcome = (socket: WebSocket, { request, wire, url }: { request: IncomingMessage; wire: Duplex; url: URL }): void => {
    const by = `viewer ${request.socket.remoteAddress ?? ''}`.trim();
    socket.on('error', (error) => log('debug', `Viewer connection: ${error.message}`, { by }));
    distribute();
    const lastSeq = events.lastSeq();
    const since = askedSince(url, feed?.runId);
    // What is no longer held, and what is not there yet, is told by the snapshot.
    const held = since !== undefined && (since > lastSeq ? since === lastSeq + 1 : since >= events.firstSeq());
    const nextSeq = held ? since : lastSeq + 1;
    const viewer = createViewer(socket, events, {
      nextSeq,
      wire,
      clock,
      limits,
      onDropped: (reason) => log('warn', `A viewer was dropped: ${reason}`, { by }),
    });
    viewers.add(viewer);
    socket.on('close', () => viewers.delete(viewer));
    socket.on('message', (data, binary) => {
      if (binary) {
        viewer.send({ type: 'ack', id: null, accepted: false, message: 'Requests are JSON text, not binary.' });
        return;
      }
      // A text message of ws arrives as one Buffer unless `binaryType` says otherwise.
      void (async () => {
        const ack = await answerControl((data as Buffer).toString('utf8'), control, by);
        log('info', 'Control request answered', { by, ...ack });
        viewer.send(ack);
      })();
    });
    const hello: Hello = {
      type: 'hello',
      v: LIVE_VERSION,
      runId: feed?.runId ?? null,
      lastSeq,
      nextSeq,
      can: { control: control !== undefined, classify: classify !== undefined },
      snapshot: events.snapshot(),
    };
    viewer.send(hello);
    viewer.pump();
  };
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    let url: URL;
    try {
      url = new URL(request.url ?? '/', 'http://host');
    } catch {
      refuseUpgrade(socket, 400, 'The address of the request is no URL.');
      return;
    }
    const refusal = refuseOrigin(request, access) ?? refuseToken(request, url, access);
    if (refusal !== undefined) refuseUpgrade(socket, refusal.status, refusal.message);
    else if (url.pathname !== LIVE_PATH) refuseUpgrade(socket, 404, `There is nothing at ${url.pathname}.`);
    else if (viewers.size >= MOST_VIEWERS) refuseUpgrade(socket, 503, `There are ${MOST_VIEWERS} viewers already.`);
    else sockets.handleUpgrade(request, socket, head, (webSocket) => welcome(webSocket, { request, wire: socket, url }));
  });

  let address: AddressInfo;
  try {
    address = await listen(http, options);
  } catch (error) {
    unsubscribe?.();
    thumbnails?.close();
    throw error;
  }
  http.on('error', (error) => log('warn', `Live server: ${error.message}`));

  let checkTimer: unknown;
  const check = (): void => {
    for (const viewer of viewers) viewer.check();
    checkTimer = clock.setTimeout(check, CHECK_MS);
  };
  checkTimer = clock.setTimeout(check, CHECK_MS);

  const closeAll = async (): Promise<void> => {
    unsubscribe?.();
    distribute();
    const untilMs = clock.nowMs() + limits.graceMs;
    while ([...viewers].some((viewer) => !viewer.upToDate()) && clock.nowMs() < untilMs) await clock.sleep(10);
    clock.clearTimeout(checkTimer);
    thumbnails?.close();
    const closed = new Promise<void>((resolve) => {
      http.close(() => resolve());
    });
    for (const viewer of viewers) viewer.close(GOING_AWAY, 'the program ends');
    sockets.close();
    http.closeIdleConnections();
    // An upgraded socket is no idle connection: it goes with its viewer, at the latest after the grace time.
    const timer = clock.setTimeout(() => http.closeAllConnections(), limits.graceMs);
    await closed;
    clock.clearTimeout(timer);
  };
  let closing: Promise<void> | undefined;
  const host = options.host.includes(':') && !options.host.startsWith('[') ? `[${options.host}]` : options.host;
  const url = `http://${host}:${address.port}/`;
  log('info', `Dashboard at ${url}`);
  return { url, close: () => (closing ??= closeAll()) };
}
