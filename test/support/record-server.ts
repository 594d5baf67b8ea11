import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create } from 'tar';
import { onTestFinished } from 'vitest';

/** What a server of records may do wrong, by file. */
export interface Faults {
  /** Cut the connection after so many bytes of the answer; one entry for each request, then none. */
  readonly cutAfter?: number[];
  /** Say nothing more after so many bytes, without cutting the connection; one entry for each request, then none. */
  readonly silentAfter?: number[];
  /** Statuses given in place of the file, one for each request, then none. */
  readonly statuses?: number[];
  /** Answers every request with the whole file. */
  readonly noRange?: boolean;
  /** First so many answers hold other bytes than were published. */
  garbled?: number;
}

export interface ServedFile {
  readonly key: string;
  readonly bytes: Buffer;
  readonly faults?: Faults;
  /** In place of its true size, in the record. */
  readonly claimedBytes?: number;
}

export interface RecordServer {
  readonly address: string;
  /** `key` or `key bytes=10-` of every request for a file. */
  readonly requests: readonly string[];
}

const BUCKET = 'b0bd6602-b02b-4475-917d-a2898cd6d7d7';
const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

/** A tar file of the folder's entries, as published. */
export async function tarOf(cwd: string, entries: readonly string[], options: { readonly gzip?: boolean } = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of create({ cwd, portable: true, gzip: options.gzip ?? false }, [...entries])) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** Serves one record as B2SHARE does, on a port of its own: `/api/records/<id>` and `/api/files/<bucket>/<key>` with ranges. */
export async function serveRecord(id: string, files: readonly ServedFile[], options: { readonly shape?: 'b2share' | 'invenio-rdm'; readonly answer?: string } = {}): Promise<RecordServer> {
  const requests: string[] = [];
  let address = '';
  const record = (): object => {
    const metadata = { titles: [{ title: 'A small set' }], license: { license: 'Creative Commons Attribution (CC-BY)' }, DOI: '10.0000/small' };
    const listed = files.map(({ key, bytes, claimedBytes }) => ({ key, checksum: `md5:${md5(bytes)}`, size: claimedBytes ?? bytes.length, bucket: BUCKET }));
    if (options.shape === 'invenio-rdm') {
      const entries = Object.fromEntries(listed.map(({ bucket: _bucket, ...entry }) => [entry.key, { ...entry, links: { content: `${address}/api/files/${BUCKET}/${entry.key}` } }]));
      return { id, metadata: { title: 'A small set' }, files: { enabled: true, entries }, links: { files: `${address}/api/records/${id}/files` } };
    }
    return { id, metadata, files: listed, links: { files: `${address}/api/files/${BUCKET}`, self: `${address}/api/records/${id}` } };
  };
  const serveFile = ({ key, bytes, faults = {} }: ServedFile, request: IncomingMessage, response: ServerResponse): void => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    requests.push(range === null ? key : `${key} ${request.headers.range!}`);
    const status = faults.statuses?.shift();
    if (status !== undefined) {
      response.writeHead(status).end('no');
      return;
    }
    const from = range === null || faults.noRange === true ? 0 : Number(range[1]);
    let body = bytes.subarray(from);
    if ((faults.garbled ?? 0) > 0) {
      faults.garbled!--;
      body = Buffer.alloc(body.length, 7);
    }
    const headers = { 'content-length': body.length, 'content-type': 'application/octet-stream' };
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...headers, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : headers);
    const silent = faults.silentAfter?.shift();
    if (silent !== undefined) {
      response.write(body.subarray(0, silent));
      return;
    }
    const cut = faults.cutAfter?.shift();
    if (cut === undefined) response.end(body);
    else response.write(body.subarray(0, cut), () => setImmediate(() => response.destroy()));
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://x').pathname);
    const file = files.find(({ key }) => path === `/api/files/${BUCKET}/${key}`);
    if (file !== undefined) serveFile(file, request, response);
    else if (path === `/api/records/${id}`) response.writeHead(200, { 'content-type': 'application/json' }).end(options.answer ?? JSON.stringify(record()));
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"status": 404, "message": "PID does not exist."}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  }));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, requests };
}
