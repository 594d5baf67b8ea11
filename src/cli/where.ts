import { EmagentError } from '../contract/errors.ts';
import type { SearchSettings } from '../session/plan.ts';
import type { SearchArguments } from './search-options.ts';

const given = (entries: readonly (readonly [string, unknown])[]): string[] => entries.filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0)).map(([name]) => name);

/** An area is said in one way. Throws EM_USAGE. */
function checkOneWay({ area, rows, columns, region, plan, centre, relativeTo, overlap, mode }: SearchArguments): void {
  const ways = given([['--area', area], ['--rows and --columns', rows ?? columns], ['--region', region], ['--plan', plan]]);
  if (ways.length > 1) throw new EmagentError('EM_USAGE', `${ways.join(' and ')} each say where to search: give one of them.`);
  if ((rows === undefined) !== (columns === undefined)) throw new EmagentError('EM_USAGE', 'Give --rows and --columns together.');
  const idle = region.length > 0 ? given([['--centre', centre], ['--relative-to', relativeTo]]) : plan !== undefined ? given([['--overlap', overlap], ['--relative-to', relativeTo], ['--mode', mode]]) : [];
  if (idle.length > 0) throw new EmagentError('EM_USAGE', `${idle.join(' and ')} cannot go with ${region.length > 0 ? '--region' : '--plan'}, which says it itself.`);
}

/** An order is that of the strategy `planned`. Throws EM_USAGE. */
export function strategyOf({ strategy, mode }: SearchArguments): string {
  if (mode === undefined) return strategy ?? 'adaptive';
  if (strategy !== undefined && strategy !== 'planned') throw new EmagentError('EM_USAGE', `--mode is the order of the strategy planned; ${strategy} has its own.`);
  return 'planned';
}

type Where = Pick<SearchSettings, 'overlapPercent' | 'regionShapes' | 'keepOutShapes'> &
  Partial<Pick<SearchSettings, 'area' | 'rowsColumns' | 'centre' | 'relativeTo' | 'mode' | 'fieldWidthUm' | 'keepOutMarginUm' | 'planPath' | 'prior'>>;

/** What the options say about where to search. Throws EM_USAGE. */
export function whereOf(args: SearchArguments): Where {
  checkOneWay(args);
  const { area, rows, columns, centre, relativeTo, region, keepOut, keepOutMargin, plan, mode, fieldWidth, overlap = 0, prior, priorArea, priorRadius, priorTrust } = args;
  if (prior === undefined && (priorArea ?? priorRadius) !== undefined) throw new EmagentError('EM_USAGE', '--prior-area and --prior-radius say something about --prior, which is not given.');
  return {
    ...(area !== undefined && { area }),
    ...(rows !== undefined && columns !== undefined && { rowsColumns: { rows, columns } }),
    ...(centre !== undefined && { centre }),
    ...(relativeTo !== undefined && { relativeTo }),
    ...(mode !== undefined && { mode }),
    ...(fieldWidth !== undefined && { fieldWidthUm: fieldWidth }),
    overlapPercent: overlap,
    keepOutMarginUm: keepOutMargin,
    regionShapes: region,
    keepOutShapes: keepOut,
    ...(plan !== undefined && { planPath: plan }),
    ...(prior !== undefined && { prior: { path: prior, trust: priorTrust, ...(priorArea !== undefined && { edges: priorArea }), ...(priorRadius !== undefined && { radiusUm: priorRadius }) } }),
  };
}
