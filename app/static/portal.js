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
const length = (count, unit) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
const inWords = (seconds, format) => {
  if (seconds >= 2 * 86400) return format(Math.floor(seconds / 86400), 'day');
  if (seconds >= 2 * 3600) return format(Math.floor(seconds / 3600), 'hour');
  return format(Math.floor(seconds / 60), 'minute');
};
for (const clock of all('[data-left]')) {
  const end = performance.now() + Number(clock.dataset.left) * 1000;
  const format = 'length' in clock.dataset ? length : (count, unit) => relative.format(count, unit);
  const tick = () => {
    const seconds = (end - performance.now()) / 1000;
    clock.textContent = inWords(Math.max(0, seconds), format);
    if (seconds <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 20_000);
}

// The time zone of this browser, in which the portal shows times beside that of the meeting until the reader chooses one.
const zoneCookie = document.querySelector('[data-zone-cookie]')?.dataset.zoneCookie;
if (zoneCookie) {
  const kept = `${zoneCookie}=${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  const secure = zoneCookie.startsWith('__Host-') ? '; secure' : '';
  if (!document.cookie.split('; ').includes(kept)) document.cookie = `${kept}; path=/; max-age=31536000; samesite=lax${secure}`;
}

// A long list is found in by typing: only what contains the words stays in it, and what is left alone is chosen.
for (const list of all('select[data-find]')) {
  const chosen = list.value;
  const groups = [...list.children].map((group) => [group, [...group.children]]);
  const label = document.createElement('label');
  const input = document.createElement('input');
  Object.assign(input, { type: 'search', className: 'input', id: `${list.id}-find`, autocomplete: 'off', dir: 'auto' });
  label.htmlFor = input.id;
  label.textContent = list.dataset.find;
  label.className = 'hint';
  list.before(label, input);
  const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase(language);
  input.addEventListener('input', () => {
    const words = plain(input.value.trim());
    for (const [group, options] of groups) {
      if (!options.length) continue;
      const found = options.filter((option) => plain(option.textContent).includes(words));
      group.replaceChildren(...found);
      group.hidden = !found.length;
    }
    const first = words && list.querySelector('optgroup > option');
    list.value = first ? first.value : chosen;
  });
}

// Dropping a file is choosing it. The button has the words of the page, and the name of the file is shown below it.
for (const zone of all('[data-drop]')) {
  const input = zone.querySelector('input[type=file]');
  const button = zone.querySelector('[data-choose]');
  const show = () => { zone.querySelector('[data-chosen]').textContent = [...input.files].map((file) => file.name).join(', '); };
  if (button) {
    button.hidden = false;
    zone.classList.add('dressed');
    input.addEventListener('change', show);
    addEventListener('pageshow', show); // kept by the browser over a reload
  }
  const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle('over', on); };
  zone.addEventListener('dragover', over(true));
  zone.addEventListener('dragleave', over(false));
  zone.addEventListener('drop', (event) => {
    over(false)(event);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

// A draft is saved while it is written. Files are not sent; the button sends everything. (A field is called 'action'.)
const pause = 1200;
for (const form of all('form[data-autosave]')) {
  const note = form.querySelector('[data-saved]');
  const field = (name) => form.elements.namedItem(name);
  let timer = 0;
  let busy = false;
  let newer = false; // typed since the last save began
  let waiting = null;
  let lost = null; // sent without an answer: it may be saved, so exactly that is sent again before anything newer
  const later = (wait = pause) => { clearTimeout(timer); timer = setTimeout(save, wait); };
  const save = async () => {
    if (busy || form.dataset.sent) return;
    if (!lost && (!field('title').value.trim() || !form.querySelector('[name=purpose]:checked'))) return;
    newer = lost !== null;
    lost ??= new FormData(form);
    for (const [name, value] of [...lost]) if (value instanceof File || name === 'upload') lost.delete(name);
    busy = true;
    try {
      const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: lost, headers: { accept: 'application/json' } });
      if (answer.ok && answer.headers.get('content-type') === 'application/json') {
        field('version').value = (await answer.json()).version;
        if (newer) later();
        else {
          note.textContent = note.dataset.saved;
          form.dispatchEvent(new Event('saved', { bubbles: true }));
        }
      } else note.textContent = answer.status === 409 ? note.dataset.unsaved : note.dataset.refused;
      if (answer.status < 500) lost = null;
    } catch {
      note.textContent = note.dataset.offline;
      later(15_000);
    }
    busy = false;
    if (waiting) form.requestSubmit(waiting);
    waiting = null;
  };
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (!busy && (!lost || waiting)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = event.submitter;
    save();
  });
  form.addEventListener('input', () => { newer = true; note.textContent = ''; later(); });
  form.addEventListener('change', () => { if (newer) later(0); }); // who leaves a field may leave the page next
}

// The browser can print by itself; a button says so.
for (const button of all('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

// A part of the page that waits for the server is looked at again, less and less often, until it waits no more.
const lookAgain = async (part, pause) => {
  if (!document.hidden) {
    const answer = await fetch(location.href).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
    const now = page?.getElementById(part.id);
    if (page && !now) return; // another page answers here now, such as that of a sign-in that ended
    if (now && !('waits' in now.dataset)) {
      if (part.dataset.waits === 'reload') { location.assign(location.href); return; } // all of the page follows from it
      part.replaceChildren(...now.childNodes);
      part.removeAttribute('data-waits');
      return;
    }
  }
  setTimeout(lookAgain, pause, part, Math.min(30_000, pause * 1.5));
};
for (const part of all('[data-waits]')) setTimeout(lookAgain, 1000, part, 2000);

// A form is sent once. Its button keeps its name and value, so it is marked rather than switched off. One that is answered
// by a download leaves the page as it is, and may be sent again.
const sending = document.querySelector('[data-sending]');
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented || 'download' in form.dataset || 'download' in (event.submitter?.dataset ?? {})) return;
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
