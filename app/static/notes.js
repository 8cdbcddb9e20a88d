// Private notes are saved as they are typed: a form with `data-note`, by the address of its button. The form is looked up
// at each save: a page may exchange it. What is typed is saved under the subject of its own form.

const PAUSE = 1200;
const timers = new WeakMap();
const saving = new WeakSet();
const say = (form, name) => { form.querySelector('[data-note-state]').textContent = form.querySelector('[data-note-state]').dataset[name] ?? ''; };
const later = (form, wait = PAUSE) => { clearTimeout(timers.get(form)); timers.set(form, setTimeout(() => save(form), wait)); };
async function save(form) {
  const text = form.elements.namedItem('text');
  if (saving.has(form)) { later(form); return; }
  if (text.value === text.defaultValue) return;
  const sent = text.value;
  saving.add(form);
  try {
    const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { accept: 'application/json' }, keepalive: true });
    if (answer.ok && answer.headers.get('content-type') === 'application/json') {
      form.elements.namedItem('version').value = (await answer.json()).version;
      text.defaultValue = sent;
      say(form, 'saved');
      form.dispatchEvent(new Event('saved', { bubbles: true }));
      if (text.value !== sent) later(form);
    } else say(form, answer.status === 409 ? 'unsaved' : 'refused');
  } catch {
    say(form, 'offline');
    later(form, 15_000);
  }
  saving.delete(form);
}
document.addEventListener('input', (event) => {
  const form = event.target.closest('[data-note]');
  if (form) later(form);
});
addEventListener('pagehide', () => {
  for (const form of document.querySelectorAll('[data-note]')) save(form);
});
