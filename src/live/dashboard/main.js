import { openConnection } from './connection.js';
import { createControls } from './controls.js';
import { createPictureDrop } from './drop-picture.js';
import { createFindsView } from './finds-view.js';
import { createFrameView } from './frame-view.js';
import { createMapView } from './map-view.js';
import { createPictures } from './pictures.js';
import { emptySnapshot, foldEvent } from './snapshot.js';
import { createStatusView } from './status-view.js';

const element = (id) => document.getElementById(id);
const LINKS = { connecting: 'Connecting', live: 'Live', waiting: 'Reconnecting…', closed: 'Run ended' };

let snapshot = emptySnapshot();
let can = { control: false, classify: false };
let link = 'connecting';
let dirty = false;

/** At most one drawing per frame of the screen, however fast the events come. */
function redraw() {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => {
    dirty = false;
    const noRun = link === 'live' && snapshot.runId === null;
    document.body.classList.toggle('no-run', noRun);
    element('drop-panel').hidden = !noRun;
    const shown = link !== 'live' && snapshot.ended !== null ? 'closed' : link;
    element('link').dataset.link = shown;
    element('link').textContent = LINKS[shown];
    status.show(snapshot);
    map.show(snapshot);
    showLegend();
    frame.show(snapshot);
    finds.show(snapshot);
    controls.show({ snapshot, live: link === 'live', can });
  });
}

const pictures = createPictures((frameId) => {
  finds.refresh(frameId);
  redraw();
});
const status = createStatusView();
const frame = createFrameView(pictures);
const finds = createFindsView({ pictures, onPoint: (id) => map.highlight(id) });
const map = createMapView({ canvas: element('map'), tip: element('tip'), onFind: (find) => finds.open(find) });

function askToken(why) {
  const dialog = element('token-dialog');
  if (why !== undefined) element('token-why').textContent = why;
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(element('token').value), { once: true });
  });
}

const connection = openConnection({
  link: (next) => {
    link = next;
    redraw();
  },
  hello: (hello, fresh) => {
    if (fresh) {
      if (hello.snapshot.runId !== snapshot.runId) pictures.clear();
      snapshot = hello.snapshot;
      frame.forget();
      if (snapshot.frame !== null) frame.remember(snapshot.frame);
    }
    can = hello.can;
    drop.allow(can.classify);
    const wanted = snapshot.finds.map((find) => find.frame);
    if (snapshot.frame !== null) wanted.unshift(snapshot.frame.summary.id);
    void pictures.fetch(connection.api, wanted);
    redraw();
  },
  event: (event) => {
    foldEvent(snapshot, event);
    if (event.type === 'frame') frame.remember(snapshot.frame);
    redraw();
  },
  thumbnail: (thumbnail) => pictures.add(thumbnail),
  askToken,
});
const controls = createControls((request) => connection.request(request));
const drop = createPictureDrop(connection.api);

// Dark or light: as the system has it, until somebody says otherwise.
const dark = matchMedia('(prefers-color-scheme: dark)');
const savedTheme = localStorage.getItem('emagent-theme');
if (savedTheme !== null) document.documentElement.dataset.theme = savedTheme;
dark.addEventListener('change', () => map.recolour());
element('theme').addEventListener('click', () => {
  const now = document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
  const next = now === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('emagent-theme', next);
  map.recolour();
});

function showLegend() {
  const zones = snapshot.plan?.region?.keepOut.length ?? 0;
  document.querySelector('#legend [data-mark=keep-out]').hidden = zones === 0;
}

const legend = [['scale-bar', 'improbable to probable'], ['inspected', 'inspected'], ['skipped', 'skipped'], ['found', 'find'], ['keep-out', 'keep-out zone'], ['field', 'field in hand']];
element('legend').replaceChildren(
  ...legend.map(([className, text]) => {
    const entry = document.createElement('li');
    const mark = document.createElement('i');
    mark.className = className;
    entry.append(mark, text);
    entry.dataset.mark = className;
    return entry;
  }),
);
redraw();
