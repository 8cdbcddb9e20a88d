// The editor of an agenda without loading the page anew: the same forms, sent by mouse, finger and keys.
// The server answers with the page as it is then; its part is put in place of ours, so there is no second truth here.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const part = () => document.querySelector('[data-agenda]');
const said = document.querySelector('[data-said]');
const tell = (words) => { said.textContent = ''; requestAnimationFrame(() => { said.textContent = words; }); };
const address = location.pathname.replace(/\/edit$|\/items.*$|\/allocations.*$|\/together$|\/numbering$|\/undo$|\/deputies$/, '');
let busy = false;

// What works only with this script is shown by it.
const wake = () => {
  for (const each of all('[data-grip], [data-how]')) each.hidden = false;
};

// Where the focus was, by the thing and the control, so that it can be there again.
const name = (element) => {
  const row = element?.closest('[data-document], [data-item]');
  const form = element?.closest('form');
  const what = element?.matches('[data-grip]') ? '[data-grip]' : form ? `form[action="${form.getAttribute('action')}"]` : null;
  const direction = form?.querySelector('[name=direction]')?.value;
  return { key: row?.dataset.document ?? row?.dataset.item, kind: row?.dataset.document ? 'document' : 'item', what, direction, id: element?.id };
};
const focus = (place) => {
  const row = place.key && document.querySelector(`[data-${place.kind}="${place.key}"]`);
  let found = row && place.what === '[data-grip]' ? row.querySelector('[data-grip]') : null;
  if (!found && place.what && place.what !== '[data-grip]') {
    const forms = all(place.what).filter((form) => !place.direction || form.querySelector('[name=direction]')?.value === place.direction);
    found = forms[0]?.querySelector('button:not([type=button])');
  }
  found ??= (place.id && document.getElementById(place.id)) || row?.querySelector('[data-grip]') || document.querySelector('#h-items');
  if (found?.id === 'h-items') found.tabIndex = -1;
  found?.focus({ preventScroll: false });
};

const send = async (action, fields, place = name(document.activeElement)) => {
  if (busy) return;
  busy = true;
  part().dataset.busy = 'yes';
  try {
    const answer = await fetch(action, { method: 'POST', body: new URLSearchParams(fields) });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-agenda]');
    if (!fresh) {
      if (answer.redirected && answer.ok) { location.assign(answer.url); return; }
      const words = page.querySelector('main')?.innerText.trim();
      tell(words || said.dataset.failed);
      document.querySelector('#main').replaceWith(page.querySelector('#main') ?? document.querySelector('#main'));
      return;
    }
    const scroll = scrollY;
    part().replaceWith(document.adoptNode(fresh));
    wake();
    scrollTo(0, scroll);
    const refused = part().querySelector('[data-refused], .error-summary');
    if (refused) { refused.focus(); refused.scrollIntoView(); }
    else { focus(place); tell(part().querySelector('[data-did]')?.textContent.trim() ?? ''); }
  } catch {
    tell(said.dataset.failed);
  } finally {
    busy = false;
    delete part()?.dataset.busy;
  }
};
const always = () => ['token', 'version'].map((field) => [field, part().querySelector(`[name=${field}]`).value]);
const post = (path, fields, place) => send(`${address}${path}`, [...always(), ...Object.entries(fields)], place);

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || !part()?.contains(form)) return;
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  send(event.submitter?.getAttribute('formaction') ?? form.getAttribute('action'), [...fields], name(event.submitter ?? form));
}, { capture: true });

// Keys on a handle: the arrows do what the buttons do; sideways follows the direction of the script.
const rtl = document.documentElement.dir === 'rtl';
const STEPS = { ArrowUp: 'up', ArrowDown: 'down', ArrowRight: rtl ? 'out' : 'in', ArrowLeft: rtl ? 'in' : 'out' };
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && held) { drop(null); return; }
  const grip = event.target.closest?.('[data-grip]');
  const direction = STEPS[event.key];
  if (!grip || !direction || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const row = grip.closest('[data-document], [data-item]');
  const { document: paper, item, under } = row.dataset;
  if (item) post(`/items/${item}/move`, { direction });
  else if (under && (direction === 'up' || direction === 'down')) post(`/allocations/${paper}/move`, { direction });
  else if (under && direction === 'out') post(`/allocations/${paper}/remove`, {});
  else if (!under && direction === 'in') {
    const chosen = document.querySelector('#f-put')?.value;
    if (chosen) post('/allocations', { document: paper, item: chosen });
  }
});

// Dragging by the handle, with mouse, pen or finger.
let held = null;
const clear = () => { for (const each of all('.drop-before, .drop-after, .drop-in')) each.classList.remove('drop-before', 'drop-after', 'drop-in'); };
const where = (x, y) => {
  const under = document.elementFromPoint(x, y);
  if (!under || !part().contains(under)) return null;
  const box = (row) => row.getBoundingClientRect();
  if (held.dataset.document) {
    const paper = under.closest('.edoc');
    if (paper && paper !== held) return { row: paper, how: y < box(paper).top + box(paper).height / 2 ? 'before' : 'after' };
    const item = under.closest('[data-item]');
    if (item) return { row: item, how: 'in' };
    return under.closest('aside')?.querySelector('[data-tray]') ? { row: document.querySelector('[data-tray]'), how: 'in' } : null;
  }
  const item = under.closest('[data-item]');
  if (!item || item === held) return null;
  const { top, height, left, right } = box(item.querySelector('.erow'));
  const inwards = rtl ? right - x : x - left;
  if (y < top + height / 3) return { row: item, how: 'before' };
  return { row: item, how: inwards > 160 && y < top + height ? 'in' : 'after' };
};
const LAST = 1_000_000;
const beyond = (target, mine, same) => {
  const at = Number(target.row.dataset.position) + (target.how === 'after' ? 1 : 0);
  return same && mine < at ? at - 1 : at;
};
const drop = (target) => {
  const row = held;
  const { item, parent, document: paper, under, position } = row.dataset;
  const place = name(row.querySelector('[data-grip]'));
  row.classList.remove('held');
  clear();
  held = null;
  if (!target) return;
  const there = target.row.dataset;
  if (item && target.how === 'in') post(`/items/${item}/move`, { under: there.item, position: LAST }, place);
  else if (item) post(`/items/${item}/move`, { under: there.parent, position: beyond(target, Number(position), parent === there.parent) }, place);
  else if ('tray' in there) { if (under) post(`/allocations/${paper}/remove`, {}, place); }
  else if (target.how === 'in') post('/allocations', { document: paper, item: there.item, position: LAST }, place);
  else post('/allocations', { document: paper, item: there.under, position: beyond(target, Number(position), under === there.under) }, place);
};
document.addEventListener('pointerdown', (event) => {
  const grip = event.target.closest('[data-grip]');
  if (!grip || event.button !== 0 || busy) return;
  held = grip.closest('[data-document], [data-item]');
  held.classList.add('held');
  grip.setPointerCapture(event.pointerId);
  tell(said.dataset.held);
});
document.addEventListener('pointermove', (event) => {
  if (!held) return;
  event.preventDefault();
  clear();
  const target = where(event.clientX, event.clientY);
  target?.row.classList.add(`drop-${target.how}`);
  const edge = 60;
  if (event.clientY < edge) scrollBy(0, -12);
  else if (event.clientY > innerHeight - edge) scrollBy(0, 12);
});
document.addEventListener('pointerup', (event) => { if (held) drop(where(event.clientX, event.clientY)); });
document.addEventListener('pointercancel', () => { if (held) drop(null); });

wake();
