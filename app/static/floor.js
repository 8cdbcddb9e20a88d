// The floor follows by itself what the page shows without it: an event says that something changed, the part is asked
// for anew, and each piece of it that differs is exchanged. Where events do not come through, it asks now and then.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const floor = document.querySelector('[data-floor]');
const lost = document.querySelector('[data-lost]');
const OFTEN = 5_000;
const SELDOM = 20_000;

// The speaker's clock, and the moment at which the list closes. The server says how many seconds; not the reader's clock.
let clocks = [];
const wind = () => {
  clocks.forEach(clearInterval);
  clocks = all('[data-runs]', floor).map((clock) => {
    const began = performance.now() - Number(clock.dataset.runs) * 1000;
    const bar = document.getElementById(clock.dataset.bar);
    const tick = () => {
      const seconds = Math.floor((performance.now() - began) / 1000);
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
      if (bar) bar.value = seconds;
      clock.parentElement.classList.toggle('over', Boolean(bar) && seconds > bar.max);
    };
    tick();
    return setInterval(tick, 500);
  });
  for (const day of all('[data-day]', floor)) {  // the time of the day where the meeting is
    const began = performance.now() - Number(day.dataset.day) * 1000;
    clocks.push(setInterval(() => {
      const minutes = Math.floor((performance.now() - began) / 60_000) % 1440;
      day.textContent = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
    }, 1000));
  }
  for (const end of all('[data-at]', floor)) clocks.push(setTimeout(refresh, Number(end.dataset.at) * 1000 + 200));
};

// A piece keeps what somebody is doing in it: what was typed or chosen, what was unfolded, where the focus is.
const isTyped = (field) => (field.type === 'radio' ? field.checked !== field.defaultChecked : field.type !== 'hidden' && field.value !== field.defaultValue);
const keepTyped = (old, fresh) => {
  for (const field of all('input[id], textarea[id]', old)) {
    const same = isTyped(field) && fresh.querySelector(`#${field.id}`);
    if (!same) continue;
    if (field.type === 'radio') same.checked = field.checked;
    else same.value = field.value;
  }
};
const focusAgain = (piece, held) => {
  const same = held.id ? piece.querySelector(`#${held.id}`) : all('a, button', piece).find((each) => each.textContent === held.textContent
    && each.getAttribute('aria-label') === held.getAttribute('aria-label'));
  same?.focus();
  if (same && 'selectionStart' in held && held.selectionStart !== null) same.setSelectionRange(held.selectionStart, held.selectionEnd);
};
const exchange = (old, fresh) => {
  if (old.isEqualNode(fresh) || old.querySelector('select:focus')) return;
  if ('keep' in old.dataset && all('textarea', old).some(isTyped)) {  // its text goes with what it was typed about
    const [version, newer] = [old, fresh].map((piece) => piece.querySelector('[name=version]'));
    if (old.dataset.keep === fresh.dataset.keep && !old.querySelector('[data-note]')) version.value = newer.value;
    return;
  }
  for (const part of all('details[open][id]', old)) fresh.querySelector(`#${part.id}`)?.setAttribute('open', '');
  keepTyped(old, fresh);
  const state = old.dataset.keep === fresh.dataset.keep && old.querySelector('[data-note-state]');
  if (state) fresh.querySelector('[data-note-state]').textContent = state.textContent;
  const held = old.contains(document.activeElement) ? document.activeElement.closest('a, button, input, textarea') : null;
  const live = old.querySelector('[aria-live]');
  const said = fresh.querySelector('[aria-live]');
  if (live && said) {  // what is read out must stay the same element
    if (live.innerHTML !== said.innerHTML) live.replaceChildren(...said.childNodes);
    said.replaceWith(live);
  }
  if ('keep' in fresh.dataset) old.dataset.keep = fresh.dataset.keep;
  old.replaceChildren(...fresh.childNodes);
  if (held) focusAgain(old, held);
};

const piecesOf = (column) => new Map(all('[data-piece]', column).map((piece) => [piece.dataset.piece, piece]));
const put = (text) => {
  const page = new DOMParser().parseFromString(text, 'text/html').body.firstElementChild;
  const shown = floor.firstElementChild;
  const [before, after] = [piecesOf(shown), piecesOf(page)];
  if ([...before.keys()].join() === [...after.keys()].join()) {
    for (const [key, piece] of after) exchange(before.get(key), piece);
    shown.dataset.changes = page.dataset.changes;
  } else {  // a piece came or went: what stays is moved over, so that it is not read out again
    for (const [key, piece] of before) if (after.has(key)) { exchange(piece, after.get(key)); after.get(key).replaceWith(piece); }
    shown.replaceWith(page);
  }
  wind();
  floor.dispatchEvent(new Event('floor-changed'));
};

let asking = null;
let again = false;
async function refresh() {
  if (asking) { again = true; return; }
  try {
    asking = fetch(`${floor.dataset.floor}?part=yes`, { headers: { Accept: 'text/html' } });
    const answer = await asking;
    if (answer.status === 401 || answer.status === 404) { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.statusText);
    put(await answer.text());
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  } finally {
    asking = null;
  }
  if (again) { again = false; await refresh(); }
}

const known = () => floor.firstElementChild.dataset.changes;
let source = null;
let poll = 0;
const pollEvery = (pause) => { clearInterval(poll); poll = setInterval(look, pause); };
const listen = () => {
  if (source || !known()) return;
  source = new EventSource(floor.dataset.events);
  source.addEventListener('changed', (event) => {
    lost.hidden = true;
    if (event.data !== known()) setTimeout(refresh, Math.random() * 250);
  });
  source.addEventListener('ended', () => { close(); setTimeout(refresh, Math.random() * 1000); });
  source.addEventListener('open', () => pollEvery(SELDOM));
  source.addEventListener('error', () => { if (source?.readyState === EventSource.CLOSED) close(); else lost.hidden = false; });
};
const close = () => { source?.close(); source = null; pollEvery(OFTEN * 2); };

// Where a proxy on the way gathers what should flow, asking now and then does the same, more slowly.
async function look() {
  try {
    const answer = await fetch(`${floor.dataset.events}?once=yes`);
    const now = answer.status === 200 ? (await answer.text()).match(/data: (\d+)/)?.[1] ?? '' : '';
    if (now !== known() || answer.status >= 400) await refresh();
    lost.hidden = true;
  } catch {
    lost.hidden = false;
  }
  listen();
}

wind();
listen();
pollEvery(OFTEN);
if (floor.dataset.renew) setInterval(refresh, Number(floor.dataset.renew) * 1000);  // what changes without an event
floor.addEventListener('floor-refresh', refresh);
document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });
