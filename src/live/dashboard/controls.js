const element = (id) => document.getElementById(id);
let toastTimer;

/** A sentence at the lower edge for a few seconds. */
export function toast(text) {
  const line = element('toast');
  line.textContent = text;
  line.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    line.hidden = true;
  }, 5000);
}

function confirmHalt() {
  const dialog = element('halt-dialog');
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** The control buttons. `send(request)` resolves with the acknowledgement. */
export function createControls(send) {
  const buttons = [...element('controls').querySelectorAll('button')];
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const { request } = button.dataset;
      if (request === 'halt' && !(await confirmHalt())) return;
      button.disabled = true;
      const { accepted, message } = await send(request);
      button.disabled = false;
      toast(accepted ? message : `Not done: ${message}`);
    });
  }
  return {
    show: ({ snapshot, live, can }) => {
      element('controls').hidden = !can.control || snapshot.runId === null || snapshot.ended !== null;
      const running = live && snapshot.plan !== null && snapshot.ended === null && snapshot.state !== 'halting';
      for (const button of buttons) {
        const { request } = button.dataset;
        if (request === 'pause') button.hidden = snapshot.paused;
        if (request === 'resume') button.hidden = !snapshot.paused;
        // Halting may be asked for again and again: it is idempotent.
        button.disabled = !(running || (request === 'halt' && live && snapshot.plan !== null && snapshot.ended === null));
      }
    },
  };
}
