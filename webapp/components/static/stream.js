// The event log of one run over a WebSocket: resumes after the last event seen, starts over when the epoch changes.

import { home } from './home.js';

const FIRST_WAIT = 500; // milliseconds before the first reconnection; doubled up to LONGEST_WAIT
const LONGEST_WAIT = 8000;
const NO_SUCH_RUN = 4404;

/**
 * Follow a run. `on` has callbacks: `events(list)`, `reset()` (drop what was drawn), `state(word)` with
 * connecting | live | waiting | missing | closed, and `end()` after the log's last event.
 */
export class RunStream {
  constructor(run, on, { speed = null } = {}) {
    this.run = run;
    this.on = on;
    this.speed = speed;
    this.epoch = null;
    this.last = 0;
    this.wait = FIRST_WAIT;
    this.closed = false;
    this.connect();
  }

  /** Stop following; nothing is called any more. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  address() {
    const url = new URL(home(`/api/runs/${encodeURIComponent(this.run)}/events`), location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('after', this.last);
    if (this.epoch) url.searchParams.set('epoch', this.epoch);
    if (this.speed) url.searchParams.set('speed', this.speed);
    return url;
  }

  connect() {
    this.on.state('connecting');
    const socket = new WebSocket(this.address());
    this.socket = socket;
    socket.onopen = () => { if (this.mine(socket)) this.on.state('live'); };
    socket.onmessage = (message) => { if (this.mine(socket)) this.take(JSON.parse(message.data)); };
    socket.onclose = (event) => { if (this.mine(socket)) this.lost(event.code); };
  }

  mine(socket) {
    return !this.closed && this.socket === socket;
  }

  take(batch) {
    this.wait = FIRST_WAIT;
    if (batch.epoch !== this.epoch) {
      if (this.epoch !== null) this.on.reset();
      this.epoch = batch.epoch;
      this.last = 0;
    }
    if (batch.seq > this.last + 1) return this.again(); // something is missing: ask for it
    const fresh = batch.events.slice(this.last + 1 - batch.seq);
    this.last += fresh.length;
    if (fresh.length) this.on.events(fresh);
    if (fresh.at(-1)?.type === 'run_finished') this.finish();
    return undefined;
  }

  again() {
    const socket = this.socket;
    this.socket = null;
    socket.close();
    this.retry();
  }

  finish() {
    this.close();
    this.on.state('closed');
    this.on.end();
  }

  lost(code) {
    if (code === NO_SUCH_RUN) {
      this.closed = true;
      this.on.state('missing');
      return;
    }
    this.retry();
  }

  retry() {
    this.on.state('waiting');
    this.timer = setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
  }
}
