// The agenda editor without a full page load: the script sends the form of the page when a handle is dragged or an arrow
// key is pressed. The server answers with the whole page, and its editor replaces the one shown; this script keeps no
// copy of the agenda.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const part = () => document.querySelector('[data-agenda]');
const said = document.querySelector('[data-said]');
const tell = (words) => { said.textContent = ''; requestAnimationFrame(() => { said.textContent = words; }); };
let busy = false;

// A row is an item or a document; both have an identifier, and an item the key that the buttons of its row name.
const ROW = '[data-document], .eitems > li';
const idOf = (row) => row.dataset.document ?? row.id.slice(5);
const keyOf = (row) => row.querySelector(':scope > div button').value.split(':')[1];
const itemOf = (row) => row.closest('.eitems > li');

// What works only with this script is made by it: a handle in every row.
const wake = () => {
  for (const each of all('[data-how]')) each.hidden = false;
  for (const field of all('#agenda li > input')) {
    field.inputMode = 'numeric';
    if (field.name.startsWith('s-')) field.setAttribute('list', 'session-numbers');
  }
  for (const row of all(ROW, part())) {
    const isDocument = 'document' in row.dataset;
    const words = row.querySelector(isDocument ? '.symbol' : 'b').textContent.trim();
    const grip = document.createElement('button');
    grip.type = 'button';
    grip.className = 'grip';
    grip.dataset.grip = '';
    grip.ariaLabel = (isDocument ? said.dataset.moveDocument : said.dataset.moveItem).replace('#', words);
    grip.setAttribute('aria-describedby', 'how-to-move');
    grip.textContent = '⠿';
    (row.matches('.edoc') ? row.firstElementChild : row).prepend(grip);
  }
};

// Where the focus was, by the thing and the control, so that it can be there again.
const name = (element) => {
  const row = element?.closest(ROW);
  const isInRow = element?.matches('li > input');
  const act = isInRow || element?.matches('[data-grip]') ? null : element?.value?.split(':')[0];
  return { key: row && idOf(row), act, id: element?.id, field: isInRow ? element.name : null };
};
const focus = (place) => {
  const row = place.key && document.querySelector(`[data-document="${place.key}"], #item-${CSS.escape(place.key)}`);
  const found = (row && place.act && row.querySelector(`button[value^="${CSS.escape(place.act)}:"]`))
    || (place.field && fieldOf(place.field)) || (place.id && document.getElementById(place.id)) || row?.querySelector('[data-grip]') || document.querySelector('#h-items');
  if (found.id === 'h-items') found.tabIndex = -1;
  found.focus({ preventScroll: false });
};

// What was typed or chosen for another act stays, unless it can no longer be chosen.
const keep = (field, value) => {
  if (field && (!field.options || [...field.options].some((each) => each.value === value))) field.value = value;
};

// A field of a row that was not changed is left out: the server takes it as it is in the draft.
const fieldOf = (name) => document.querySelector(`#agenda [name="${CSS.escape(name)}"]`);
const isChanged = (field) => 'unsaved' in field.dataset || field.value !== field.defaultValue;
const isNews = ([name]) => !/^[ms]-/.test(name) || !fieldOf(name) || isChanged(fieldOf(name));
const undoes = ([name, value]) => name === 'act' && /^(undo|revert)/.test(value);

const send = async (action, fields, place = name(document.activeElement)) => {
  if (busy) return;
  busy = true;
  part().dataset.busy = 'yes';
  try {
    const answer = await fetch(action, { method: 'POST', body: new URLSearchParams(fields.filter(isNews)) });
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
    const unsent = fields.some(([field, value]) => field === 'act' && ['add', 'save'].includes(value)) ? [] : all('#add :is(.input, .select), #f-put', part()).map((field) => [field.id, field.value]);
    const rows = fields.some(undoes) ? all('#agenda li > input', part()).filter(isChanged).map((field) => [field.name, field.value]) : [];
    part().replaceWith(document.adoptNode(fresh));
    wake();
    scrollTo(0, scroll);
    const refused = part().querySelector('[data-refused], .error-summary');
    for (const [id, value] of unsent) keep(document.getElementById(id), value);
    for (const [name, value] of rows) keep(fieldOf(name), value);
    if (refused) { refused.focus(); refused.scrollIntoView(); }
    else { focus(place); tell(part().querySelector('[data-did]')?.textContent.trim() ?? ''); }
  } catch {
    tell(said.dataset.failed);
  } finally {
    busy = false;
    delete part()?.dataset.busy;
  }
};
const always = () => all('#agenda :is([type=hidden], li > input)', part()).map((field) => [field.name, field.value]);
const post = (act, fields, place) => send(document.querySelector('#agenda').getAttribute('action'), [...always(), ['act', act], ...Object.entries(fields)], place);

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
  const row = grip.closest(ROW);
  const paper = row.dataset.document;
  if (!paper) post(`${direction}:${keyOf(row)}`, {});
  else if (itemOf(row) && (direction === 'up' || direction === 'down')) post(`document-${direction}:${paper}`, {});
  else if (itemOf(row) && direction === 'out') post(`off:${paper}`, {});
  else if (!itemOf(row) && direction === 'in') {
    const choice = document.querySelector('#f-put');
    if (choice?.value) post(`put:${paper}.${choice.value}`, {});
    else choice?.focus();
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
    const item = itemOf(under);
    if (item) return { row: item, how: 'in' };
    return under.closest('aside')?.querySelector('[data-tray]') ? { row: document.querySelector('[data-tray]'), how: 'in' } : null;
  }
  const item = itemOf(under);
  if (!item || item === held) return null;
  const { left, right } = box(item);
  const { top, height } = box(item.querySelector('h3, h4'));
  const inwards = rtl ? right - x : x - left;
  if (y < top + height / 3) return { row: item, how: 'before' };
  return { row: item, how: inwards > 160 && y < top + height ? 'in' : 'after' };
};
const placeOf = (row) => all(':scope > li', row.parentElement).indexOf(row);
const beyond = (target, mine, same) => {
  const at = placeOf(target.row) + (target.how === 'after' ? 1 : 0);
  return same && mine < at ? at - 1 : at;
};
const drop = (target) => {
  const row = held;
  const paper = row.dataset.document;
  const place = name(row.querySelector('[data-grip]'));
  row.classList.remove('held');
  clear();
  held = null;
  if (!target) return;
  const there = target.row;
  if (!paper) post(`${target.how === 'in' ? 'into' : target.how}:${keyOf(row)}.${keyOf(there)}`, {}, place);
  else if ('tray' in there.dataset) { if (itemOf(row)) post(`off:${paper}`, {}, place); }
  else if (target.how === 'in') post(`put:${paper}.${keyOf(there)}`, {}, place);
  else post(`put:${paper}.${keyOf(itemOf(there))}`, { position: beyond(target, placeOf(row), itemOf(row) === itemOf(there)) }, place);
};
document.addEventListener('pointerdown', (event) => {
  const grip = event.target.closest('[data-grip]');
  if (!grip || event.button !== 0 || busy) return;
  held = grip.closest(ROW);
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
