// A model on a server: its address, its key, and which of its models. The key leaves the field once and is forgotten.

import { el, fill } from './dom.js';
import { home } from './home.js';

/** A details panel; `used()` is called when the server of this page has begun to use a model. */
export class ServerForm {
  constructor(used) {
    this.used = used;
    this.address = el('input', { type: 'text', id: 'st-server-address', placeholder: 'http://gpu:8000/v1', autocomplete: 'off', spellcheck: false, oninput: () => this.forget() });
    this.key = el('input', { type: 'password', id: 'st-server-key', autocomplete: 'off', placeholder: 'none' });
    this.model = el('select', { id: 'st-server-model', disabled: true });
    this.look = el('button.st-button', { type: 'submit' }, 'List its models');
    this.use = el('button.st-button', { type: 'button', disabled: true, onclick: () => this.begin() }, 'Use this server');
    this.notice = el('p.st-servernotice.st-contained', { role: 'status' });
    const form = el('form.st-serverform', { onsubmit: (event) => { event.preventDefault(); this.list(); } },
      field('st-server-address', 'Address', this.address), field('st-server-key', 'Key', this.key), this.look, field('st-server-model', 'Model', this.model), this.use);
    const help = el('p.st-dim', {}, 'Any server that speaks the OpenAI protocol: vLLM, SGLang, llama.cpp, hosted ones. What it can do is asked when it is used; what it cannot do is disabled, with the reason. The key is held in memory until this program ends, sent to that server only, and stored nowhere.');
    this.node = el('details.st-server', {}, el('summary', {}, 'A server instead of a local model'), form, this.notice, help);
  }

  /** Ask the server what it has; `key` is taken from its field, which is emptied. */
  async list() {
    const found = await this.send('models', { address: this.address.value, key: this.key.value });
    if (!found) return;
    fill(this.model, ...found.models.map((name) => el('option', { value: name }, name)));
    this.model.disabled = this.use.disabled = found.models.length === 0;
    if (found.models.length) this.model.focus();
    else this.notice.textContent = 'That server has no model.';
  }

  async begin() {
    const begun = await this.send('use', { address: this.address.value, key: this.key.value, model: this.model.value });
    if (begun) this.used();
  }

  async send(what, body) {
    this.notice.textContent = '';
    this.look.disabled = true;
    try {
      const headers = { accept: 'application/json', 'content-type': 'application/json' };
      const response = await fetch(home(`/api/servers/${what}`), { method: 'POST', headers, body: JSON.stringify(body) });
      const said = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(said.error || `The server answered ${response.status}.`);
      this.key.value = '';
      return said;
    } catch (error) {
      this.notice.textContent = error.message;
      return null;
    } finally {
      this.look.disabled = false;
    }
  }

  /** Another address has other models. */
  forget() {
    fill(this.model);
    this.model.disabled = this.use.disabled = true;
  }
}

function field(id, label, input) {
  return el('div.st-serverfield', {}, el('label', { htmlFor: id }, label), input);
}
