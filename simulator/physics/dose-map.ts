/** Charge density per cell of a grid over the stage, C/m^2. */
export interface DoseMap {
  /** A rectangle of the stage has taken `doseCPerM2`. Angle counter-clockwise. */
  expose(area: { xUm: number; yUm: number; widthUm: number; heightUm: number; angleDeg: number }, doseCPerM2: number): void;
  /** Mean over the cells whose centre lies within the distance. */
  meanAround(xUm: number, yUm: number, radiusUm: number): number;
  /** Another specimen. */
  clear(): void;
}

/** Edge of a cell: small against a site, so that neighbours are told apart. */
const CELL_UM = 5;
/** Points per edge of a cell at which it is asked whether it was exposed, for fields of few cells. */
const FINE_POINTS = 4;
const COARSE_FIELD_UM = 200;

/** Coarse dose map. Dose of one scan = beam current x dwell / pixel area; scans add up. */
export function createDoseMap(): DoseMap {
  const cells = new Map<string, number>();
  const cellOf = (um: number): number => Math.floor(um / CELL_UM);
  return {
    expose: ({ xUm, yUm, widthUm, heightUm, angleDeg }, dose) => {
      if (dose === 0) return;
      const angle = (angleDeg * Math.PI) / 180;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const reachX = (Math.abs(widthUm * cos) + Math.abs(heightUm * sin)) / 2;
      const reachY = (Math.abs(widthUm * sin) + Math.abs(heightUm * cos)) / 2;
      const points = Math.max(widthUm, heightUm) > COARSE_FIELD_UM ? 1 : FINE_POINTS;
      const inside = (x: number, y: number): boolean => {
        const [dx, dy] = [x - xUm, y - yUm];
        return Math.abs(dx * cos + dy * sin) <= widthUm / 2 && Math.abs(dy * cos - dx * sin) <= heightUm / 2;
      };
      for (let i = cellOf(xUm - reachX); i <= cellOf(xUm + reachX); i++) {
        for (let j = cellOf(yUm - reachY); j <= cellOf(yUm + reachY); j++) {
          let hits = 0;
          for (let point = 0; point < points * points; point++) {
            const x = (i + ((point % points) + 0.5) / points) * CELL_UM;
            const y = (j + (Math.floor(point / points) + 0.5) / points) * CELL_UM;
            if (inside(x, y)) hits++;
          }
          if (hits > 0) cells.set(`${i},${j}`, (cells.get(`${i},${j}`) ?? 0) + (dose * hits) / (points * points));
        }
      }
    },
    clear: () => cells.clear(),
    meanAround: (xUm, yUm, radiusUm) => {
      let sum = 0;
      let count = 0;
      for (let i = cellOf(xUm - radiusUm); i <= cellOf(xUm + radiusUm); i++) {
        for (let j = cellOf(yUm - radiusUm); j <= cellOf(yUm + radiusUm); j++) {
          if (Math.hypot((i + 0.5) * CELL_UM - xUm, (j + 0.5) * CELL_UM - yUm) > radiusUm) continue;
          sum += cells.get(`${i},${j}`) ?? 0;
          count++;
        }
      }
      return count === 0 ? 0 : sum / count;
    },
  };
}
