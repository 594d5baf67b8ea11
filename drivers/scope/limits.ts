import type { Capability, MicroscopeInfo, Range } from '../../src/contract/microscope.ts';
import type { WireHello } from './codec.ts';
import { degOf, mmOf, umOf, usOf } from './units.ts';

const CAPABILITIES: Readonly<Record<string, Capability>> = {
  stage: 'stage',
  image: 'image',
  blanker: 'blanker',
  autofocus: 'autofocus',
  stig: 'stigmator',
  vacuum: 'vacuum',
  limits: 'limits',
  watchdog: 'watchdog',
  estop: 'emergency-stop',
};

/** For a server that does not tell: slow enough for any stage, so that a plan is rather too careful. */
const CAREFUL_TIMING = { stageSpeedUmPerS: 1000, stageSettleMs: 1000, opticsSettleMs: 500, frameOverheadMs: 500 };

const axisOf = ({ min, max, unit }: WireHello['axes']['x']): Range => {
  const convert = unit === 'rad' ? degOf : umOf;
  return { min: convert(min), max: convert(max) };
};

/** What the server's `hello` says, in the project's units. */
export function infoOf(hello: WireHello, url: string): MicroscopeInfo {
  const { axes, dwell, fov, wd, timing } = hello;
  return {
    driver: 'scope',
    url,
    model: hello.model,
    serialNumber: hello.serial,
    axes: { xUm: axisOf(axes.x), yUm: axisOf(axes.y), zUm: axisOf(axes.z), rotationDeg: axisOf(axes.r), tiltDeg: axisOf(axes.t) },
    frameSizesPx: hello.resolutions,
    dwellUs: { min: usOf(dwell.min), max: usOf(dwell.max), ...(dwell.list === undefined ? {} : { list: dwell.list.map(usOf) }) },
    fieldWidthUm: { min: umOf(fov.min), max: umOf(fov.max) },
    workingDistanceMm: { min: mmOf(wd.min), max: mmOf(wd.max) },
    detectors: hello.detectors,
    capabilities: hello.caps.flatMap((cap) => CAPABILITIES[cap] ?? []),
    timing:
      timing === undefined
        ? CAREFUL_TIMING
        : {
            stageSpeedUmPerS: umOf(timing.stageSpeed),
            stageSettleMs: timing.stageSettle * 1000,
            opticsSettleMs: timing.opticsSettle * 1000,
            frameOverheadMs: timing.frameOverhead * 1000,
          },
  };
}
