// The chair's comforts on the floor: single keys that press the buttons of the page, and speakers that are dragged.

const floor = document.querySelector('[data-floor]');

// Once the note of an item that the meeting has left is saved (`notes.js`), the page may exchange its form.
floor.addEventListener('saved', (event) => {
  const text = event.target.elements.namedItem('text');
  if (event.target.closest('[data-keep]') && text.value === text.defaultValue) floor.dispatchEvent(new Event('floor-refresh'));
});

// Keys (WCAG 2.1.4): off while somebody types or a modifier is held, listed on the page, and they can be switched off.
const STORED = 'floor-keys-off';
const list = document.querySelector('[data-keys]');
const use = document.getElementById('use-keys');
const find = (key) => floor.querySelector(`[data-key="${key}"], [data-focus-key="${key}"]`);
const mark = () => {
  for (const each of floor.querySelectorAll('[data-key], [data-focus-key]')) {
    if (use.checked) each.setAttribute('aria-keyshortcuts', each.dataset.key ?? each.dataset.focusKey);
    else each.removeAttribute('aria-keyshortcuts');
  }
};
if (list) {
  list.hidden = false;
  use.checked = localStorage.getItem(STORED) === null;
  use.addEventListener('change', () => {
    if (use.checked) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, 'yes');
    mark();
  });
  mark();
  floor.addEventListener('floor-changed', mark);
  document.addEventListener('keydown', (event) => {
    if (!use.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]')) return;
    const target = /^[a-z]$/.test(event.key) ? find(event.key) : null;
    if (!target) return;
    event.preventDefault();
    if (target.matches('button')) target.click();
    else target.focus();
  });
}

// A speaker is dragged by the number of the place, with mouse, pen or finger. Where it is dropped, an arrow of its row is
// pressed for that place; without a move the number is the link that it is without this script.
const rowOf = (element) => element?.closest('.speakers > li');
const idOf = (row) => row?.querySelector('[formaction$="/decline"]').getAttribute('formaction').split('/').at(-2) ?? '';
let held = null;
let from = 0;
let isMoved = false;
const clear = () => { for (const each of floor.querySelectorAll('.drop-before, .drop-after')) each.classList.remove('drop-before', 'drop-after'); };
const where = ({ clientX, clientY }) => {
  const row = rowOf(document.elementFromPoint(clientX, clientY));
  if (!row || row.parentElement !== held.parentElement) return null;
  const { top, height } = row.getBoundingClientRect();
  return { row, isAfter: clientY > top + height / 2 };
};
const drop = (target) => {
  const row = held;
  clear();
  held = null;
  const next = target?.isAfter ? target.row.nextElementSibling : target?.row;
  if (!target || !row.isConnected || next === row || next === row.nextElementSibling) return;
  const arrow = row.querySelector('[name=before]:enabled');
  arrow.value = idOf(next);
  arrow.click();
};
floor.dataset.drags = '';
floor.addEventListener('pointerdown', (event) => {
  const handle = event.target.closest('a.place');
  if (!handle || event.button !== 0) return;
  held = rowOf(handle);
  from = event.clientY;
  isMoved = false;
  handle.setPointerCapture(event.pointerId);
});
floor.addEventListener('pointermove', (event) => {
  if (!held || (!isMoved && Math.abs(event.clientY - from) < 5)) return;
  isMoved = true;
  clear();
  const target = where(event);
  target?.row.classList.add(target.isAfter ? 'drop-after' : 'drop-before');
});
floor.addEventListener('pointerup', (event) => { if (held) drop(isMoved ? where(event) : null); });
floor.addEventListener('pointercancel', () => { if (held) drop(null); });
floor.addEventListener('dragstart', (event) => { if (event.target.closest('a.place')) event.preventDefault(); });
floor.addEventListener('click', (event) => {  // of the pointer that dragged, and no key
  if (isMoved && event.detail && event.target.closest('a.place')) event.preventDefault();
});
document.addEventListener('keydown', (event) => { if (event.key === 'Escape' && held) drop(null); });
