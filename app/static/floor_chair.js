// The chair's comforts on the floor: notes saved as they are typed, and single keys that press the buttons of the page.

const floor = document.querySelector('[data-floor]');
const PAUSE = 1200;

// The form is looked up at each save: the page exchanges it when another item is opened. What is typed is saved under the
// item of its own form.
let timer = 0;
let saving = false;
const say = (form, name) => { form.querySelector('[data-note-state]').textContent = form.querySelector('[data-note-state]').dataset[name] ?? ''; };
const later = (form, wait = PAUSE) => { clearTimeout(timer); timer = setTimeout(() => save(form), wait); };
async function save(form) {
  const text = form.elements.namedItem('text');
  if (saving) { later(form); return; }
  if (text.value === text.defaultValue) return;
  const sent = text.value;
  saving = true;
  try {
    const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { accept: 'application/json' }, keepalive: true });
    if (answer.ok && answer.headers.get('content-type') === 'application/json') {
      form.elements.namedItem('version').value = (await answer.json()).version;
      text.defaultValue = sent;
      say(form, 'saved');
      form.dispatchEvent(new Event('saved', { bubbles: true }));
      if (text.value !== sent) later(form);
      else if (form.closest('[data-keep]')) floor.dispatchEvent(new Event('floor-refresh'));
    } else say(form, answer.status === 409 ? 'unsaved' : 'refused');
  } catch {
    say(form, 'offline');
    later(form, 15_000);
  }
  saving = false;
}
floor.addEventListener('input', (event) => {
  const form = event.target.closest('[data-note]');
  if (form) later(form);
});
addEventListener('pagehide', () => {
  const form = document.querySelector('[data-note]');
  if (form) save(form);
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
