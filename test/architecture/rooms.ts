import type { Import } from './imports.ts';

/** What a room may import besides itself: the table of docs/architecture.md. `codec` is the codec of any driver: codec.ts, or the folder codec/. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  lib: ['contract'],
  imaging: ['contract', 'lib'],
  search: ['contract', 'lib'],
  classify: ['contract', 'lib', 'imaging'],
  learn: ['contract', 'lib', 'imaging', 'classify'],
  agent: ['contract', 'lib'],
  record: ['contract', 'lib', 'imaging'],
  plan: ['contract', 'lib', 'imaging', 'learn', 'search', 'record'],
  live: ['contract', 'lib', 'imaging'],
  // imaging: a watched folder brings picture files, which are decoded there.
  'drivers/links': ['contract', 'lib', 'imaging'],
  drivers: ['contract', 'lib', 'drivers/links'],
  'drivers/registry': ['contract', 'lib', 'drivers'],
  simulator: ['contract', 'lib', 'imaging', 'codec'],
  session: ['contract', 'lib', 'imaging', 'classify', 'learn', 'search', 'plan', 'agent', 'record', 'live', 'drivers', 'drivers/links', 'drivers/registry', 'simulator'],
  cli: ['session', 'learn', 'live', 'record', 'contract', 'lib', 'bench'],
  bench: ['contract', 'lib', 'imaging', 'classify', 'learn', 'search', 'agent', 'record', 'live', 'drivers', 'drivers/links', 'drivers/registry', 'simulator', 'session'],
};

/** Who owns a package: no other room may import it. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  zod: ['contract', 'cli', 'plan', 'drivers', 'simulator'],
  xstate: ['agent', 'session'],
  sharp: ['imaging'],
  ws: ['live', 'drivers/links', 'simulator'],
  serialport: ['drivers/links'],
  yargs: ['cli'],
  pino: ['cli'],
  'pino-pretty': ['cli'],
  yaml: ['cli', 'plan', 'session', 'simulator'],
  'polyclip-ts': ['plan'],
  'pure-rand': ['plan'],
  'onnxruntime-node': ['classify'],
  protobufjs: ['classify', 'learn'],
  h5wasm: ['learn'],
  '@tensorflow/tfjs': ['classify', 'learn'],
  tar: ['learn'],
  '@tensorflow/tfjs-node': ['classify', 'learn'],
  '@tensorflow/tfjs-node-gpu': ['classify', 'learn'],
};

/** The room of a file; each driver folder is a room of its own kind, `drivers`. */
export function roomOf(file: string): string {
  const parts = file.split('/');
  if (parts[0] === 'src') return parts[1] ?? 'src';
  if (parts[0] === 'drivers') {
    if (parts[1] === 'links') return 'drivers/links';
    return parts.length === 2 ? 'drivers/registry' : 'drivers';
  }
  return parts[0] ?? file;
}

function isCodec(file: string): boolean {
  return /^drivers\/[^/]+\/codec(\.ts$|\/)/.test(file);
}

/** What is wrong with an import, in a sentence; undefined when it is allowed. */
export function violation({ from, to, kind, typeOnly }: Import): string | undefined {
  const room = roomOf(from);
  if (kind === 'package') {
    const owners = PACKAGE_OWNERS[to];
    if (owners === undefined) return `${from}: nobody owns the package ${to} (test/architecture/rooms.ts)`;
    return owners.includes(room) || typeOnly ? undefined : `${from}: ${to} belongs to ${owners.join(', ')}, not to ${room}`;
  }
  const target = roomOf(to);
  if (room === 'drivers' && target === 'drivers') {
    return from.split('/')[1] === to.split('/')[1] ? undefined : `${from}: a driver must not import another driver (${to})`;
  }
  if (target === room) return undefined;
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return `${from}: ${room} is no room of the table`;
  if (allowed.includes(target) || (allowed.includes('codec') && isCodec(to))) return undefined;
  return `${from}: ${room} must not import ${target} (${to})`;
}

/** Where the simulator's truth may be known: in the simulator, where it is served, and where a run that has ended is scored. */
export const TRUTH_READERS = ['src/session/score.ts', 'src/session/simulate.ts', 'src/session/truth.ts'];

/** A cycle of files that import each other at run time, if there is one. */
export function findCycle(imports: readonly Import[]): string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to, kind, typeOnly } of imports) {
    if (kind === 'file' && !typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (state.get(file) === 'done') return undefined;
    if (state.get(file) === 'open') return [...trail.slice(trail.indexOf(file)), file];
    state.set(file, 'open');
    trail.push(file);
    for (const target of next.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    state.set(file, 'done');
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
