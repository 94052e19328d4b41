// Which model answers and how far the next one is; the recommended ones and a field for any other.

import { el, fetchJson, fill } from './dom.js';
import { MODEL_CHANGED } from './methods.js';
import { ModelList } from './model_list.js';
import { ServerForm } from './server_form.js';

const BUSY = 1000; // milliseconds between two looks while a model is on its way
const CALM = 15000; // and while nothing is expected
const ICONS = { waiting: '◌', downloading: '↓', converting: '⟳', loading: '⟳', ready: '●', failed: '✗' };
const SETTLED = new Set(['ready', 'failed']);

/** Start the component: called once by js_on_load. */
export function mount({ element, props, trigger, watch }) {
  const view = new ModelStatus(element, trigger);
  watch('value', () => view.look());
  view.look();
}

class ModelStatus {
  constructor(element, trigger) {
    this.element = element;
    this.root = element.querySelector('.st-model-status');
    this.trigger = trigger;
    this.line = el('div', { role: 'status' }); // drawn only when its words change: it is read aloud
    this.bar = el('div');
    this.list = new ModelList((ref) => this.switch(ref));
    this.server = new ServerForm(() => this.look());
    fill(this.root, this.line, this.bar, this.list.node, this.server.node);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.look(); });
  }

  /** Ask the server once, and again later. */
  async look() {
    clearTimeout(this.timer);
    const asked = (this.asked = (this.asked || 0) + 1);
    let wait = CALM;
    try {
      const answer = await fetchJson('/api/model');
      if (asked !== this.asked) return;
      this.draw(answer);
      wait = SETTLED.has(answer.status.state) ? CALM : BUSY;
    } catch (error) {
      if (asked !== this.asked) return;
      this.element.dataset.state = 'unreachable';
      this.say(el('p.st-error.st-contained', {}, `The server does not answer: ${error.message}`));
      fill(this.bar);
      wait = BUSY;
    }
    this.timer = setTimeout(() => { if (!document.hidden) this.look(); }, wait);
  }

  draw({ status, model, recommended }) {
    const before = this.element.dataset.state;
    this.element.dataset.state = status.state;
    this.say(modelLine(status, model), status.error ? el('p.st-error.st-contained', {}, status.error) : null);
    fill(this.bar, progress(status));
    this.list.update(recommended, status);
    const answers = model ? `${model.name} ${model.capabilities}` : '';
    if (this.answers !== undefined && answers !== this.answers) document.dispatchEvent(new CustomEvent(MODEL_CHANGED));
    this.answers = answers;
    if (before && before !== 'ready' && status.state === 'ready') this.trigger('model_ready', { name: status.name });
  }

  say(...nodes) {
    const next = el('div', {}, ...nodes);
    if (!this.line.firstChild?.isEqualNode(next)) fill(this.line, next);
  }

  switch(ref) {
    this.trigger('switch_model', { ref });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), 300);
  }
}

function modelLine(status, model) {
  const name = el('b', {}, status.name || status.ref);
  const shown = model && status.state === 'ready'
    ? facts(model)
    : status.detail;
  const old = status.state !== 'ready' && status.active ? el('span.st-dim', {}, ` ${status.active} goes on answering.`) : null;
  return el('p.st-modelline.st-contained', {}, el('span.st-modelstate', { data: { state: status.state } }, `${ICONS[status.state]} `), name, ' ', el('span.st-dim', {}, shown), old);
}

function facts({ parameters, record }) {
  const where = record.device === 'server' ? [record.source] : [millions(parameters), record.dtype, record.device];
  return [...where, `context ${record.context_length.toLocaleString('en')}`, record.kernel].filter(Boolean).join(' · ');
}

function progress({ state, fraction }) {
  if (SETTLED.has(state)) return null;
  const known = typeof fraction === 'number';
  const bar = el('progress', { max: 1, ariaLabel: 'Preparing the model' });
  if (known) bar.value = fraction;
  return el('div.st-modelprogress', {}, bar, el('span.st-dim', {}, known ? `${Math.round(100 * fraction)}%` : state));
}

/** A number of parameters for reading. */
export function millions(count) {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)}B parameters` : `${Math.round(count / 1e6)}M parameters`;
}
