// Sends a file in pieces as soon as it is chosen, and goes on after any cut, reload or change of computer.
// The form then carries the key of the upload instead of the file. Whatever fails here for good leaves the plain form,
// which sends the file itself. Words come from the page.

const LEAST = 256 * 1024, MOST = 64 * 1024 * 1024, SECONDS = 4; // of one piece; MOST is what the server takes at once
const KEPT = 7 * 86400 * 1000; // as long as the server keeps what was begun
const language = document.documentElement.lang;
const wait = (seconds) => new Promise((done) => {
  const timer = setTimeout(done, seconds * 1000);
  addEventListener('online', () => { clearTimeout(timer); done(); }, { once: true });
});

const unit = (value, name, unitDisplay = 'long') =>
  new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay, maximumFractionDigits: 1 }).format(value);
const bytes = (count) => count >= 1e6 ? unit(count / 1e6, 'megabyte', 'short') : unit(Math.round(count / 1e3), 'kilobyte', 'short');
const duration = (seconds) => seconds >= 90 ? unit(Math.round(seconds / 60), 'minute') : unit(Math.ceil(seconds), 'second');

const digest = async (blob) => {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return `sha-256=:${btoa(String.fromCharCode(...sum))}:`;
};

// What was begun on this computer, by what the browser knows of the file: its digest, since names of files stay on nobody's computer.
const memory = {
  key: async (file, body) => `upload ${await digest(new Blob([[body, file.name, file.size, file.lastModified].join('\n')]))}`,
  find: (key) => JSON.parse(localStorage.getItem(key) ?? 'null')?.address,
  keep: (key, address) => localStorage.setItem(key, JSON.stringify({ address, at: Date.now() })),
  drop: (key) => localStorage.removeItem(key),
  tidy: () => {
    for (const key of Object.keys(localStorage).filter((key) => key.startsWith('upload '))) {
      const isOfBefore = !key.startsWith('upload sha-256='); // it has the name of the file
      if (isOfBefore || Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT) localStorage.removeItem(key);
    }
  },
};

// The server said no, for good: with a reason, which is shown, or the plain form will say why.
class Refused extends Error {
  constructor(status, reason = '') { super(status); this.reason = reason; }
}

class Sending {
  constructor(zone, form, file) {
    Object.assign(this, { zone, form, file, body: zone.dataset.body, token: form.elements.token.value });
    this.sent = 0; this.paused = false; this.over = false; this.step = LEAST * 4; this.speed = 0;
    this.panel = zone.parentElement.querySelector('.sending');
    this.news = zone.parentElement.querySelector('[data-news]');
    this.button = this.panel.querySelector('button');
    this.button.onclick = () => this.toggle();
  }

  async run() {
    this.panel.hidden = this.panel.querySelector('progress').hidden = this.button.hidden = false;
    this.show('going');
    await this.find();
    for (let pause = 1; this.sent < this.file.size && !this.over;) {
      if (this.paused) { await new Promise((go) => { this.go = go; }); continue; }
      const began = performance.now(), before = this.sent;
      try {
        await this.piece();
        this.adapt((performance.now() - began) / 1000, this.sent - before);
        pause = 1;
      } catch (trouble) {
        if (trouble instanceof Refused) throw trouble;
        if (this.paused || this.over) continue;
        this.step = Math.max(LEAST, this.step / 2);
        this.say('cut');
        await wait(pause);
        pause = Math.min(30, pause * 2);
        await (this.address ? this.look() : this.find()).catch((still) => { if (still instanceof Refused) throw still; });
      }
    }
    if (!this.over) this.say('whole');
    this.button.hidden = true;
  }

  // Known here, or begun by a colleague or on another computer, with the same first bytes; else its first piece begins it.
  async find() {
    this.key ??= await memory.key(this.file, this.body);
    const here = memory.find(this.key);
    if (here && await this.known(here, false)) return;
    memory.drop(this.key);
    const all = await (await this.ask('GET', '/uploads')).json();
    for (const each of all) {
      const alike = each.body === this.body && each.size === this.file.size && each.name === this.file.name.normalize('NFC');
      if (alike && await this.known(each.address, true)) return;
    }
  }

  async known(address, compare) {
    const answer = await fetch(address, { method: 'HEAD', headers: compare ? { 'Want-Repr-Digest': 'sha-256=1' } : {} });
    if (!answer.ok) return false;
    const there = Number(answer.headers.get('Upload-Offset'));
    if (compare && (!there || answer.headers.get('Repr-Digest') !== await digest(this.file.slice(0, there)))) return false;
    this.address = address; this.sent = there;
    memory.keep(this.key, address);
    if (there) this.say('known');
    return true;
  }

  async ask(method, address, headers = {}, body) {
    const answer = await fetch(address, { method, body, headers: { 'X-Form-Token': this.token, ...headers } });
    if (!answer.ok) throw new Refused(answer.status);
    return answer;
  }

  async look() {
    const answer = await fetch(this.address, { method: 'HEAD' });
    if (answer.ok) this.sent = Number(answer.headers.get('Upload-Offset'));
    else if (answer.status < 500) throw new Refused(answer.status);
  }

  async piece() {
    const start = this.sent, part = this.file.slice(start, start + this.step);
    // With the last piece the digest of the whole file is said, where that is no burden: the server then reads it once.
    const whole = start && start + part.size === this.file.size && this.file.size <= MOST;
    const sum = await digest(whole ? this.file : part);
    const told = new URLSearchParams({ body: this.body, name: this.file.name, size: this.file.size });
    await new Promise((done, cut) => {
      const request = this.request = new XMLHttpRequest();
      if (this.address) request.open('PATCH', this.address); else request.open('POST', `/uploads?${told}`);
      request.timeout = 120_000;
      const headers = { 'X-Form-Token': this.token, 'Content-Type': 'application/partial-upload', 'Upload-Offset': start, [whole ? 'Repr-Digest' : 'Content-Digest']: sum };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => this.show('going', start + event.loaded);
      request.onload = () => {
        const status = request.status;
        if (status === 201) memory.keep(this.key, this.address = request.getResponseHeader('Location'));
        if (status === 201 || status === 204) { this.sent = Number(request.getResponseHeader('Upload-Offset')); done(); }
        else if (status >= 500 || status === 429 || status === 409 || status === 400) cut(new Error(status));
        else cut(new Refused(status, status === 415 ? request.responseText : ''));
      };
      request.onerror = request.onabort = request.ontimeout = () => cut(new Error('cut'));
      request.send(part);
    });
  }

  // Pieces of some seconds each, by the speed so far: little is lost by a cut on a bad line, little waited for on a good one.
  adapt(seconds, count) {
    const now = count / Math.max(seconds, 0.001);
    this.speed = this.speed ? 0.7 * this.speed + 0.3 * now : now;
    this.step = Math.min(MOST, Math.max(LEAST, this.speed * SECONDS));
    this.show('going');
    const quarter = Math.floor(4 * this.sent / this.file.size);
    if (quarter !== this.quarter && this.sent < this.file.size) this.announce('going');
    this.quarter = quarter;
  }

  toggle() {
    this.paused = !this.paused;
    if (this.paused) { this.request?.abort(); this.say('paused'); }
    else { this.show('going'); this.go?.(); }
  }

  // Another file was chosen instead.
  async stop() {
    this.over = true;
    this.request?.abort(); this.go?.();
    memory.drop(this.key);
    if (this.address) await this.ask('DELETE', this.address).catch(() => {});
  }

  words(kind, sent = this.sent) {
    const left = this.speed ? duration((this.file.size - sent) / this.speed) : '…';
    return this.zone.dataset[kind].replace('{sent}', bytes(sent)).replace('{size}', bytes(this.file.size)).replace('{left}', left);
  }

  show(kind, sent = this.sent) {
    this.panel.querySelector('progress').value = Math.min(1, sent / this.file.size);
    this.panel.querySelector('.meta').textContent = this.words(kind, Math.min(sent, this.file.size));
    this.button.textContent = this.paused ? this.zone.dataset.resume : this.zone.dataset.pause;
  }

  // Its first bytes are those of no document: nothing more of it is sent.
  refuse(reason) {
    this.panel.querySelector('.meta').textContent = this.news.textContent = reason;
    this.panel.querySelector('progress').hidden = this.button.hidden = true;
  }

  announce(kind) { this.news.textContent = this.words(kind); }
  say(kind) { this.show(kind); this.announce(kind); }
}

const start = (zone) => {
  const input = zone.querySelector('input[type=file]'), form = input.form;
  const key = form.appendChild(Object.assign(document.createElement('input'), { type: 'hidden', name: 'upload' }));
  let sending, submitter, waiting = false;

  const finish = () => { if (waiting) form.requestSubmit(submitter); };
  input.addEventListener('change', async () => {
    const before = sending;
    key.value = '';
    const file = input.files[0];
    const now = sending = file?.size > LEAST ? new Sending(zone, form, file) : null; // one piece goes with the form
    if (before) await before.stop();
    if (!now) { zone.parentElement.querySelector('.sending').hidden = true; return; }
    try {
      await now.run();
      if (now === sending) key.value = now.address.split('/').pop();
    } catch (trouble) {
      if (now === sending && trouble.reason) {
        now.refuse(trouble.reason);
        [input.value, sending, waiting] = ['', undefined, false];
        zone.querySelector('[data-chosen]').textContent = '';
        return;
      }
      if (now === sending) { now.say('plainly'); now.button.hidden = true; now.failed = true; }
    }
    if (now === sending) finish();
  });
  form.addEventListener('submit', (event) => {
    // Some buttons take no file: they do not wait for it, and nothing of it is sent with them.
    if (event.submitter?.dataset.file === 'none') { input.disabled = key.disabled = true; return; }
    if (!sending || sending.failed) return;
    if (key.value) { input.disabled = true; return; }
    // Not whole yet: the form goes by itself when it is.
    event.preventDefault();
    [waiting, submitter] = [true, event.submitter];
    if (sending.paused) sending.toggle();
  });
  addEventListener('pageshow', (event) => { if (event.persisted) { input.disabled = key.disabled = false; waiting = false; } });
  if (input.files.length) input.dispatchEvent(new Event('change')); // kept by the browser over a reload
};

if (globalThis.crypto?.subtle) {
  memory.tidy();
  for (const zone of document.querySelectorAll('[data-drop][data-body]')) start(zone);
}
