import type { Clock } from '../../src/contract/clock.ts';
import type { Link } from '../../src/contract/link.ts';
import type { WatchedFolder } from './watched-folder.ts';
import type { MessageSocket } from './websocket.ts';

/** Is told of everything that goes over one connection. */
export interface LinkRecorder {
  /** A string is a text message; bytes are bytes. */
  sent(data: string | Uint8Array): void;
  received(data: string | Uint8Array): void;
  /** `error` when the connection was not closed by this end. */
  closed(error?: Error): void;
}

export interface WireRecorder {
  /** `messages`: every chunk is one message, text or bytes by its own kind. */
  opened(description: string, kind: 'bytes' | 'messages'): LinkRecorder;
  /** A picture that was taken from a watched folder, or that there was none. */
  picture(wanted: 'next' | 'newest', picture: { readonly name: string; readonly bytes: Uint8Array } | undefined): void;
}

/** Stands in for the instrument: connections are made to it instead of to the world. */
export interface FarEnd {
  openLink(description: string): Promise<Link>;
  openSocket(description: string): Promise<MessageSocket>;
  openFolder(folder: string): Promise<WatchedFolder>;
}

export interface Wire {
  readonly recorder?: WireRecorder;
  readonly farEnd?: FarEnd;
}

const wires = new WeakMap<Clock, Wire>();

/**
 * Records, or replaces, every connection that is opened on this clock from now on. A run has one clock and every link
 * needs it for its deadlines, so that no driver can forget to pass the wire on.
 */
export function attachWire(clock: Clock, wire: Wire): void {
  wires.set(clock, wire);
}

export function wireOf(clock: Clock): Wire {
  return wires.get(clock) ?? {};
}
