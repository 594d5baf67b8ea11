import { MAX_FRAME_S, type Method, type Params } from '../../drivers/scope/codec.ts';
import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError, type ErrorCode } from '../../src/contract/errors.ts';
import type { OpticsTarget } from '../../src/contract/microscope.ts';
import { FaultScript } from '../faults.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import { degOf, mmOf, stageTargetOf, umOf, usOf, wireOpticsOf, wirePositionOf, wireStatusOf } from './scope-conversion.ts';
import { sendFrame } from './scope-frames.ts';
import type { LeaseKeeper } from './scope-lease.ts';
import type { Operation, Operations } from './scope-operations.ts';

/** A client as the methods see it. */
export interface Peer {
  readonly isOpen: boolean;
  sendBinary(bytes: Uint8Array): void;
}

export interface Service {
  readonly microscope: SimulatedMicroscope;
  /** Real time: leases and deadlines, never the physics. */
  readonly clock: Clock;
  readonly leases: LeaseKeeper<Peer>;
  readonly operations: Operations;
  /** Cancels what runs and, if it does not end soon, halts the instrument. */
  stop(reason: string): Promise<void>;
  nextFrame(): number;
  /** Tells every client. */
  alarm(code: ErrorCode, message: string): void;
}

export interface Reply {
  readonly result: unknown;
  /** Begins after the reply has been sent, so that a client knows the number before its first event. */
  readonly operation?: Operation;
}

type Handlers = { readonly [M in Method]: (service: Service, params: Params<M>, peer: Peer) => Promise<Reply> | Reply };

const started = (operation: Operation, more: Record<string, unknown> = {}): Reply => ({ result: { op: operation.op, ...more }, operation });

/** One function per method of the protocol; shapes were checked before. Throws EmagentError. */
export const HANDLERS: Handlers = {
  // Reached only when no token is asked for: the connection handles it otherwise.
  auth: () => ({ result: {} }),
  'session.acquire': async ({ leases }, { client, leaseMs, lease }, peer) => {
    const granted = await leases.acquire({ client, leaseMs, previous: lease }, peer);
    return { result: { lease: granted.id, leaseMs: granted.leaseMs, expiresAt: granted.expiresAtMs / 1000 } };
  },
  'session.heartbeat': ({ leases }, { lease }, peer) => ({ result: { expiresAt: leases.heartbeat(lease, peer).expiresAtMs / 1000 } }),
  'session.release': async ({ leases }, { lease }, peer) => {
    await leases.release(lease, peer);
    return { result: {} };
  },
  'status.get': async ({ microscope, clock }) => ({ result: wireStatusOf(await microscope.readState(), clock.nowMs()) }),

  'stage.move': ({ leases, microscope, operations, clock }, { lease, to, timeoutMs }, peer) => {
    leases.check(lease, peer);
    const target = stageTargetOf(to);
    return started(
      operations.create({
        kind: 'move',
        run: async (signal) => {
          const limit = clock.deadline(signal, timeoutMs, 'EM_TIMEOUT');
          try {
            const reached = await microscope.moveStage(target, limit.signal);
            const pos = wirePositionOf(reached);
            const error = Math.hypot((target.xUm ?? reached.xUm) - reached.xUm, (target.yUm ?? reached.yUm) - reached.yUm, (target.zUm ?? reached.zUm) - reached.zUm);
            return { pos, error: error / 1e6 };
          } finally {
            limit.clear();
          }
        },
      }),
    );
  },
  'stage.stop': async (service) => {
    const running = service.operations.active().filter(({ kind }) => kind === 'move' || kind === 'focus');
    if (running.length > 0 || (await service.microscope.readState()).stageMoving) await service.stop('The stage was stopped.');
    return { result: {} };
  },

  'beam.set': (service, { lease, blank, hv, current }, peer) => {
    const { leases, microscope, operations } = service;
    leases.check(lease, peer);
    const onlyBlanks = blank === true && hv === undefined && current === undefined;
    if (!onlyBlanks && operations.busy) throw new EmagentError('EM_BUSY', 'The beam cannot be changed while the stage moves or an image is taken.');
    return started(
      operations.create({
        kind: 'beam',
        run: async (signal) => {
          if (onlyBlanks && operations.busy) {
            // Blanking never waits for what runs: it ends it.
            for (const operation of operations.active()) if (operation.kind !== 'beam') operation.cancel('The beam was blanked.');
            await microscope.halt('The beam was blanked while a command ran.');
          }
          const beam = { ...(hv === undefined ? {} : { accelerationKv: hv / 1000 }), ...(current === undefined ? {} : { beamCurrentPa: current * 1e12 }) };
          if (hv !== undefined || current !== undefined) await microscope.setBeam(beam, signal);
          if (blank !== undefined) await microscope.setBlanker(blank, signal);
          const { blanked, optics } = await microscope.readState();
          return { blanked, hv: optics.accelerationKv * 1000, current: optics.beamCurrentPa / 1e12 };
        },
      }),
    );
  },
  'optics.set': async ({ leases, microscope, operations }, { lease, fov, wd, stig, scanRotation }, peer) => {
    leases.check(lease, peer);
    if (operations.busy) throw new EmagentError('EM_BUSY', 'The optics cannot be changed while the stage moves or an image is taken.');
    const target: OpticsTarget = {
      ...(fov === undefined ? {} : { fieldWidthUm: umOf(fov) }),
      ...(wd === undefined ? {} : { workingDistanceMm: mmOf(wd) }),
      ...(stig === undefined ? {} : { stigmatorX: stig[0], stigmatorY: stig[1] }),
      ...(scanRotation === undefined ? {} : { scanRotationDeg: degOf(scanRotation) }),
    };
    return { result: wireOpticsOf(await microscope.setOptics(target)) };
  },

  'image.acquire': (service, { lease, width, height, dwell, bpp, detector, roi }, peer) => {
    const { leases, microscope, operations } = service;
    leases.check(lease, peer);
    if (roi !== undefined) throw new EmagentError('EM_UNSUPPORTED', 'This microscope scans whole frames only: leave roi out.');
    if (width * height * dwell > MAX_FRAME_S) {
      throw new EmagentError('EM_LIMIT', `The frame would take ${Math.round(width * height * dwell)} s; more than ${MAX_FRAME_S} s is refused.`);
    }
    const frame = service.nextFrame();
    const operation = operations.create({
      kind: 'image',
      frame,
      run: async (signal) => {
        const image = await microscope.acquire({ widthPx: width, heightPx: height, dwellUs: usOf(dwell), depth: bpp, detector }, signal);
        signal.throwIfAborted();
        sendFrame(peer, { frame, image, detector });
        return { frame };
      },
    });
    return started(operation, { frame });
  },
  'image.abort': async ({ operations }, { frame }) => {
    const operation = operations.active().find((candidate) => candidate.frame === frame);
    operation?.cancel('The image was aborted.');
    await operation?.ended;
    return { result: {} };
  },
  'auto.focus': ({ leases, microscope, operations }, { lease, range }, peer) => {
    leases.check(lease, peer);
    return started(
      operations.create({
        kind: 'focus',
        run: async (signal) => {
          const { workingDistanceMm, score } = await microscope.autofocus({ rangeUm: umOf(range) }, signal);
          return { wd: workingDistanceMm / 1e3, score };
        },
      }),
    );
  },

  estop: async ({ microscope, operations, alarm }) => {
    for (const operation of operations.active()) operation.cancel('The emergency stop was pressed.');
    await microscope.emergencyStop();
    alarm('EM_EMERGENCY_STOP', 'The emergency stop was pressed: it is latched until a person resets it.');
    return { result: {} };
  },
  'estop.reset': async ({ leases, microscope }, { lease }, peer) => {
    leases.check(lease, peer);
    await microscope.resetEmergencyStop();
    return { result: {} };
  },
  'sim.inject': ({ microscope }, { fault, count, forS, after, atS, onState, p }) => {
    const script = FaultScript.safeParse({
      fault,
      when: { ...(after === undefined ? {} : { after }), ...(atS === undefined ? {} : { atS }), ...(onState === undefined ? {} : { onState }), ...(p === undefined ? {} : { p }) },
      ...(count === undefined ? {} : { count }),
      ...(forS === undefined ? {} : { forS }),
    });
    if (!script.success) {
      const issue = script.error.issues[0];
      throw new EmagentError('EM_SCENARIO', `sim.inject wants a fault and one of after, atS, onState, p: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`);
    }
    microscope.inject(script.data);
    return { result: {} };
  },
};
