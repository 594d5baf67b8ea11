import type { MicroscopeState } from '../../src/contract/microscope.ts';
import type { OperatorDesk } from '../../simulator/operator-desk.ts';

/** The operator's side of the mock: every change is there at once. */
export function createMockDesk(access: { state(): MicroscopeState; change(state: Partial<MicroscopeState>): void }): OperatorDesk {
  let door: OperatorDesk['door'] = 'closed';
  return {
    get door() {
      return door;
    },
    power: 'mains',
    beamShiftUm: [0, 0],
    averaging: { mode: 'frame', count: 1 },
    stagePace: { speedUmPerS: 2000, accelerationUmPerS2: 5000 },
    vent: () => access.change({ vacuum: 'vented', beam: 'off', blanked: true }),
    pump: () => access.change({ vacuum: 'ready' }),
    openDoor: () => {
      door = 'open';
    },
    closeDoor: () => {
      door = 'closed';
    },
    shutDownBeam: () => access.change({ beam: 'off', blanked: true }),
    joystick: (by) => {
      const { stage } = access.state();
      access.change({ stage: { ...stage, xUm: stage.xUm + (by.xUm ?? 0), yUm: stage.yUm + (by.yUm ?? 0), zUm: stage.zUm + (by.zUm ?? 0) } });
    },
    swapSpecimen: () => undefined,
  };
}
