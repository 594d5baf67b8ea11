import type { Clock } from '../../src/contract/clock.ts';
import type { WireName } from '../faults.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

/** What `emagent simulate` hands to the server of a protocol; each takes what it has a use for. */
export interface WireServerOptions {
  readonly microscope: SimulatedMicroscope;
  /** Real and unscaled: deadlines about clients. The physics has `microscope.clock`. */
  readonly clock: Clock;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly token?: string;
  /** Where the run folders of clients on this machine are. */
  readonly runsDir?: string;
  /** For protocols that carry no pixels: the folder into which the instrument records its pictures. */
  readonly imagesDir?: string;
  log?(message: string): void;
}

export interface WireServer {
  /** Address for `--microscope`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Brings the instrument to rest, says goodbye to the clients. Idempotent. */
  close(): Promise<void>;
}

export type StartWireServer = (options: WireServerOptions) => Promise<WireServer>;

export interface WireEntry {
  /** Where the instrument listens that the protocol comes from. */
  readonly port: number;
  /** One stream of bytes, so that a serial line carries it as well as a socket. */
  readonly serial?: true;
  /** It can ask its clients for a token. */
  readonly tokens?: true;
  /** It carries no pixels: the instrument saves its pictures into a folder. */
  readonly pictureFiles?: true;
  readonly load: () => Promise<StartWireServer>;
}

/** The protocols in which the simulated microscope can be served: a new one is a file and a line here. */
export const WIRES = {
  scope: { port: 8765, tokens: true, load: async () => (await import('./scope-server.ts')).startScopeServer },
  asi: { port: 8770, serial: true, pictureFiles: true, load: async () => (await import('./asi-server.ts')).startAsiServer },
  sharksem: { port: 8300, load: async () => (await import('./sharksem-server.ts')).startSharksemServer },
  remcon: { port: 8732, serial: true, pictureFiles: true, load: async () => (await import('./remcon-server.ts')).startRemconServer },
} as const satisfies Partial<Record<WireName, WireEntry>>;
