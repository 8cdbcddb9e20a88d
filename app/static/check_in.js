// What is in the field is replaced by the next scan; and other desks count too.
const field = document.getElementById('f-entry');
if (document.activeElement === field) field.select();

// Each answer renews the session: a desk that nobody uses asks no more, so that it is signed out as any other page.
const PAUSE = 10_000, IN_USE = 300_000;
let usedAt = Date.now();

const look = async () => {
  if (document.hidden || Date.now() - usedAt > IN_USE) return;
  const answer = await fetch(location.pathname).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null;
  const counts = page?.querySelector('[data-counts]');
  if (counts) document.querySelector('[data-counts]').replaceChildren(...counts.childNodes);
};

const noteUse = () => {
  const wasIdle = Date.now() - usedAt > IN_USE;
  usedAt = Date.now();
  if (wasIdle) look();
};

for (const name of ['keydown', 'pointerdown', 'pointermove']) document.addEventListener(name, noteUse, { passive: true });
document.addEventListener('visibilitychange', () => { if (!document.hidden) noteUse(); });
setInterval(look, PAUSE);
