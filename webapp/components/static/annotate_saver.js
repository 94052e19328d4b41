// Keeps what an annotator does: one request at a time, in order, sent again until the server has answered.

import { ask, of, Unanswered } from './annotate_api.js';

const KEY = 'second-thoughts.unsaved';
const PAUSES = [300, 1000, 3000]; // milliseconds before the same request is sent again; the last one from then on

/** The changes of one item; `on` has standing(text, waiting), and refused(sentence, stale): whether to load it again. */
export class Saver {
  constructor(item, annotator, on) {
    this.item = item.id;
    this.annotator = annotator;
    this.base = item.annotation.version;
    this.on = on;
    this.drafts = []; // bodies that the server has not confirmed
    this.tail = Promise.resolve();
    this.ended = false; // after a refusal, when what is shown is no longer what the server has
  }

  /** Keep a draft; `merged` drafts of one kind (typing) replace each other while they wait. */
  draft(body, merged = null) {
    const last = this.drafts.at(-1);
    if (merged && last?.merged === merged && !last.sent) last.body = body;
    else {
      this.drafts.push({ body, merged, sent: false });
      this.queue(() => this.sendDraft());
    }
    this.remember();
  }

  async sendDraft() {
    if (this.ended) return;
    const [draft] = this.drafts;
    draft.sent = true;
    this.remember();
    const saved = await this.send('PUT', '/draft', draft.body);
    this.drafts.shift();
    if (saved) this.base = saved.version;
    else this.ended = true;
    this.remember();
    if (saved && !this.drafts.length) this.on.standing('Saved', false);
  }

  /** Have the browser keep the newest draft until the server has it, with the one on its way, which may be stored. */
  remember() {
    const [first] = this.drafts;
    if (first) remember(this.item, this.annotator, { base: this.base, body: this.drafts.at(-1).body, sent: first.sent && this.drafts.length > 1 ? first.body : null });
    else forget(this.item, this.annotator);
  }

  /** Submit after everything before it; the answer names the item to do next. Null where it was refused. */
  submit(body) {
    return this.queue(() => this.send('POST', '/submit', body));
  }

  /** Go back by one change; the answer is the item as it was before. Null where it was refused. */
  undo() {
    return this.queue(() => this.send('POST', '/undo', {}));
  }

  /** Leave it for later; the answer names the item to do next. Null where it was refused. */
  skip() {
    return this.queue(() => this.send('POST', '/skip', {}));
  }

  /** Do something after all that was asked for before. */
  queue(work) {
    const done = this.tail.then(work);
    this.tail = done.catch(() => null);
    return done;
  }

  async send(method, rest, body) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await ask(method, of('items', this.item, rest), { body: { annotator: this.annotator, base: this.base, ...body } });
      } catch (error) {
        if (!(error instanceof Unanswered)) return this.refused(error, tries, rest, body);
        this.waiting(error);
        await pause(tries);
      }
    }
  }

  waiting(error) {
    this.on.standing(`Not saved yet: ${error.message} Trying again…`, true);
  }

  /** A request whose answer was lost may have been done: then the server holds what was sent, a version further. */
  async refused(error, tries, rest, body) {
    if (error.conflict && tries > 0 && body.labels) {
      const wait = (unanswered) => this.waiting(unanswered);
      const item = await answered(of('items', this.item), { annotator: this.annotator }, wait);
      if (same(item.annotation, body)) {
        return rest === '/submit' ? answered(of('queues', item.queue_id, '/next'), { annotator: this.annotator, after: this.item }, wait) : item.annotation;
      }
    }
    this.ended ||= error.conflict;
    this.on.refused(error.message, rest === '/draft' || error.conflict);
    return null;
  }
}

/** Look something up, again until the server answers or often could not; `wait(error)` says that it has not yet. */
export async function answered(path, query, wait, tries = 0) {
  try {
    return await ask('GET', path, { query });
  } catch (error) {
    if (!(error instanceof Unanswered) || (error.status && tries === PAUSES.length)) throw error;
    wait(error);
    await pause(tries);
    return answered(path, query, wait, tries + 1);
  }
}

function pause(tries) {
  return new Promise((resume) => { setTimeout(resume, PAUSES[Math.min(tries, PAUSES.length - 1)]); });
}

/** A draft that never reached the server before the page was left, if it still follows what the server has. */
export function unsaved({ id, annotation }, annotator) {
  const { base, body, sent } = read()[`${annotator} ${id}`] || {};
  const stored = sent && annotation.version > base && same(annotation, sent); // its answer was lost
  return base === annotation.version || stored ? body : null;
}

function same(a, b) {
  const plain = ({ labels, steps }) => JSON.stringify([
    labels.map(({ field, value, step = null, start = null, end = null, text = 0 }) => [field, value, step, start, end, text]).sort(),
    steps.map((row) => row.map(({ start, end }) => [start, end])),
  ]);
  return plain(a) === plain(b);
}

function remember(item, annotator, draft) {
  keep({ ...read(), [`${annotator} ${item}`]: draft });
}

function forget(item, annotator) {
  const { [`${annotator} ${item}`]: _, ...rest } = read();
  keep(rest);
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || {};
  } catch {
    return {}; // what was kept is broken, or the browser keeps nothing
  }
}

function keep(drafts) {
  try {
    if (Object.keys(drafts).length) localStorage.setItem(KEY, JSON.stringify(drafts));
    else localStorage.removeItem(KEY);
  } catch { /* the server has it as soon as it answers */ }
}
