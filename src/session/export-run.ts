import { toUseqFields } from '../plan/useq/write.ts';
import { EXPORT_FORMATS, exportFinds } from '../record/find-exports.ts';
import { openRunFolder } from '../record/run-folder.ts';

/** Formats of the finds, and that of the fields which were to be searched. */
export const RUN_EXPORT_FORMATS = [...EXPORT_FORMATS, 'useq-fields'] as const;
export type RunExportFormat = (typeof RUN_EXPORT_FORMATS)[number];

/** Throws EM_RUN_FOLDER. */
export async function exportRun(path: string, format: RunExportFormat): Promise<{ readonly text: string; readonly finds: number }> {
  const { run, events } = await openRunFolder(path);
  const finds = events.flatMap((event) => (event.type === 'find' ? [event.find] : []));
  return { text: format === 'useq-fields' ? toUseqFields(run.plan) : exportFinds(format, finds, run.plan), finds: finds.length };
}
