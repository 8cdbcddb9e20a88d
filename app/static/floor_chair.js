// The chair's comforts on the floor: single keys that press the buttons of the page.

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
