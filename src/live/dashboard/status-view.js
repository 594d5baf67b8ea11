import { actionText, doseText, durationText, labelText, lengthText, outcomeText, stateText, summaryText } from './words.js';

const element = (id) => document.getElementById(id);
/** The loop of the agent, one lamp a step. */
const LAMPS = { deciding: 'decide', moving: 'move', focusing: 'focus', acquiring: 'image', judging: 'check', classifying: 'classify', recording: 'record' };
const TONES = { good: ['found', 'exhausted'], warn: ['budget', 'stopped'], bad: ['faulted', 'panicked'] };

function toneOf({ state, ended, paused }) {
  if (ended !== null) return Object.keys(TONES).find((tone) => TONES[tone].includes(ended.outcome)) ?? 'idle';
  if (state === 'panicked') return 'bad';
  if (paused || state === 'paused' || state === 'suspended' || state === 'halting') return 'pause';
  return state === 'waiting' ? 'idle' : 'run';
}

function showTotals({ totals, progress, finds, plan, instrumentSeconds, ended }) {
  const missed = ended?.result.missedBound ?? progress?.missed;
  const fields = totals?.fields;
  const left = [fields?.skipped ? `${fields.skipped} skipped` : '', fields?.rejected ? `${fields.rejected} rejected` : ''].filter(Boolean).join(', ');
  const rows = [
    ['Finds', String(finds.length), plan === null ? '' : `of ${plan.search.finds}`],
    ['Fields imaged', String(fields?.imaged ?? 0), left === '' && plan?.budget.fields !== undefined ? `of at most ${plan.budget.fields}` : left],
    ['Still missing, about', missed === undefined ? '–' : missed.expected.toFixed(1), missed === undefined ? '' : `at most ${missed.upper95.toFixed(1)}`],
    ['Instrument time', durationText(totals?.instrumentSeconds ?? instrumentSeconds), ''],
    ['Mean dose', totals === null ? '–' : doseText(totals.meanDoseCPerM2), ''],
    ['Stage travel', totals === null ? '–' : lengthText(totals.stageTravelUm), ''],
  ];
  const list = element('totals');
  while (list.children.length < rows.length) {
    const row = document.createElement('div');
    row.append(document.createElement('dt'), document.createElement('dd'));
    list.append(row);
  }
  for (const [index, [name, value, note]] of rows.entries()) {
    const [term, description] = list.children[index].children;
    const small = document.createElement('small');
    small.textContent = note === '' ? '' : ` ${note}`;
    term.textContent = name;
    description.replaceChildren(value, small);
  }
}

function showProgress({ progress, ended, state, paused }) {
  const share = ended?.outcome === 'found' ? 1 : (progress?.share ?? 0);
  const percent = Math.round(share * 100);
  const bar = element('progress');
  bar.firstElementChild.style.width = `${percent}%`;
  bar.setAttribute('aria-valuenow', percent);
  const left = progress?.secondsLeft == null ? '' : `, about ${durationText(progress.secondsLeft)} left`;
  const text = state === 'waiting' ? '' : ended === null ? `${percent} %${paused ? ', paused' : left}` : `${percent} %`;
  element('left').textContent = text;
  bar.setAttribute('aria-valuetext', text);
}

function showNotice({ ended, halted, faults }) {
  const notice = element('notice');
  const fault = faults.at(-1);
  notice.hidden = ended === null && fault === undefined;
  if (ended !== null) {
    const { error } = ended.result;
    const unsafe = halted !== null && !(halted.stageStill && halted.blanked);
    const safety = halted === null || ended.outcome === 'panicked' || unsafe ? '' : ' The stage is still and the beam is blanked.';
    const differences = halted?.differences.length ? ` Not as before the run: ${halted.differences.join(', ')}.` : '';
    notice.dataset.tone = toneOf({ ended });
    element('notice-title').textContent = `${outcomeText(ended.outcome)}`;
    element('notice-text').textContent = `${error === undefined ? '' : `${error.message} ${error.hint} `}${summaryText(ended.result)}${safety}${differences}`;
  } else if (fault !== undefined) {
    notice.dataset.tone = 'bad';
    element('notice-title').textContent = fault.message;
    element('notice-text').textContent = fault.hint;
  }
}

function showLog({ log, startedAt }) {
  const list = element('log');
  element('log-empty').hidden = log.length > 0;
  element('log-aside').textContent = startedAt === null ? '' : `began ${new Date(startedAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}`;
  const newest = Number(list.firstElementChild?.dataset.seq ?? -1);
  if (log.length === 0 || newest > log.at(-1).seq) list.replaceChildren();
  for (const { seq, at, level, text } of log) {
    if (seq <= newest) continue;
    const row = document.createElement('li');
    row.dataset.seq = seq;
    row.dataset.level = level;
    const time = document.createElement('time');
    time.dateTime = at;
    time.textContent = new Date(at).toLocaleTimeString([], { hourCycle: 'h23' });
    const words = document.createElement('span');
    words.textContent = text;
    row.append(time, words);
    list.prepend(row);
  }
  while (list.children.length > 200) list.lastElementChild.remove();
}

/** Everything that is told in words: title, state, lamps, progress, totals, notice, log. */
export function createStatusView() {
  const lamps = Object.entries(LAMPS).map(([state, name]) => {
    const lamp = document.createElement('li');
    lamp.textContent = name;
    lamp.dataset.state = state;
    return lamp;
  });
  element('lamps').replaceChildren(...lamps);
  return {
    show: (snapshot) => {
      const { plan, microscope, model, state, action, ended, paused, progress } = snapshot;
      const target = plan === null ? undefined : labelText(plan.target);
      element('title').textContent = target === undefined ? (snapshot.runId === null ? 'Picture classification' : 'A run is about to begin') : `${ended === null ? 'Searching' : 'Searched for'} ${target}`;
      element('subtitle').textContent =
        plan === null ? '' : [microscope.model, plan.strategy, `model ${model.id} on ${model.provider}`, `run ${snapshot.runId}`].join(' · ');
      const share = ended === null ? (progress === null ? '' : `${Math.round(progress.share * 100)} % · `) : `${outcomeText(ended.outcome)} · `;
      document.title = target === undefined ? 'emagent' : `${share}${target} – emagent`;
      const line = element('state');
      line.textContent = paused && ended === null ? 'Paused' : stateText(state);
      line.dataset.tone = toneOf(snapshot);
      element('now').textContent = ended === null && action !== null ? actionText(action) : (ended?.reason ?? '');
      for (const lamp of lamps) {
        if (lamp.dataset.state === state) lamp.setAttribute('aria-current', 'step');
        else lamp.removeAttribute('aria-current');
      }
      element('lamps').hidden = ended !== null;
      showProgress(snapshot);
      showTotals(snapshot);
      showNotice(snapshot);
      showLog(snapshot);
    },
  };
}
