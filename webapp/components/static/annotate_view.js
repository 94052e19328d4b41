// The Annotate page: the list of queues, or one queue with its parts; the address says which.

import { ask, of } from './annotate_api.js';
import { go, place } from './annotate_address.js';
import { QueuePage } from './annotate_queue.js';
import { QueueList } from './annotate_queues.js';
import { el, fill } from './dom.js';

/** Start the component: called once by js_on_load. */
export function mount({ element }) {
  const view = new AnnotateView(element);
  addEventListener('popstate', () => view.look());
  view.look();
}

class AnnotateView {
  constructor(element) {
    this.element = element;
    this.root = element.querySelector('.st-annotate-view');
  }

  /** Show what the address names. */
  async look() {
    const { queue } = place();
    this.page?.close();
    this.page = null;
    try {
      if (queue) {
        const found = await ask('GET', of('queues', queue));
        this.page = new QueuePage(found, () => this.leave());
      } else this.page = new QueueList((id) => { go({ queue: id }); this.look(); });
      fill(this.root, this.page.node);
      await this.page.start();
    } catch (error) {
      fill(this.root, el('p.st-error', { role: 'alert' }, `${error.message} `, el('button.st-link', { type: 'button', onclick: () => this.leave() }, 'All queues')));
    }
    this.element.dataset.loaded = String(Number(this.element.dataset.loaded || 0) + 1);
  }

  leave() {
    go({ queue: null, as: null, part: null, item: null });
    this.look();
  }
}
