// Each part here makes something easier that already works without it.
// Words come from the page (already in the reader's language), never from this file.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const language = document.documentElement.lang;

// Menus close on Escape and on a press elsewhere.
const openMenus = () => all('details.menu[open]');
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of openMenus()) { menu.open = false; menu.querySelector('summary').focus(); }
});
document.addEventListener('click', (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

// What went wrong is read first.
document.querySelector('.error-summary')?.focus();

// A table drawn as cards on a phone stays a table for a screen reader.
const roles = { TABLE: 'table', THEAD: 'rowgroup', TBODY: 'rowgroup', TR: 'row', TD: 'cell' };
for (const table of all('table.list:not(.keep)')) {
  for (const part of [table, ...all('thead, tbody, tr, td, th', table)]) {
    part.setAttribute('role', roles[part.tagName] ?? (part.scope === 'row' ? 'rowheader' : 'columnheader'));
  }
}

// What is left of a deadline. The server says how many seconds; the reader's clock is not asked.
// Rounded down, as the server does it: nobody is promised more time than there is.
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
const inWords = (seconds) => {
  if (seconds >= 2 * 86400) return relative.format(Math.floor(seconds / 86400), 'day');
  if (seconds >= 2 * 3600) return relative.format(Math.floor(seconds / 3600), 'hour');
  return relative.format(Math.floor(seconds / 60), 'minute');
};
for (const clock of all('[data-left]')) {
  const end = performance.now() + Number(clock.dataset.left) * 1000;
  const tick = () => {
    const seconds = (end - performance.now()) / 1000;
    clock.textContent = inWords(Math.max(0, seconds));
    if (seconds <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 20_000);
}

// Dropping a file is choosing it.
for (const zone of all('[data-drop]')) {
  const input = zone.querySelector('input[type=file]');
  const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle('over', on); };
  zone.addEventListener('dragover', over(true));
  zone.addEventListener('dragleave', over(false));
  zone.addEventListener('drop', (event) => {
    over(false)(event);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

// A form is sent once. Its button keeps its name and value, so it is marked rather than switched off.
const sending = document.querySelector('[data-sending]');
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = 'yes';
  event.submitter?.setAttribute('aria-disabled', 'true');
  if (sending) sending.textContent = sending.dataset.sending;
});
// Coming back with the browser's arrow, a form may be sent again.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of all('form[data-sent]')) delete form.dataset.sent;
  for (const button of all('.button[aria-disabled]')) button.removeAttribute('aria-disabled');
  if (sending) sending.textContent = '';
});

// Dialogs open by command; this is for browsers that do not know commands yet.
if (!('commandForElement' in HTMLButtonElement.prototype)) {
  for (const button of all('[commandfor]')) {
    button.addEventListener('click', () => document.getElementById(button.getAttribute('commandfor')).showModal());
  }
}
