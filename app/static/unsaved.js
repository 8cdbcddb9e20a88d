// Leaving a page with text or a file that was not sent is asked about first, in the words of the browser. It is not once
// the form was sent, or saved while it was written (`portal.js`).

const isWritten = (field) => field.type === 'textarea' || field.type === 'file';
const forms = [...document.forms].filter((form) => form.getAttribute('method') === 'post' && [...form.elements].some(isWritten));
const apart = new Set(['hidden', 'file', 'submit', 'button']); // of a field that says nothing of what was written
const read = (form) => JSON.stringify([...form.elements].filter((field) => field.name && !apart.has(field.type))
  .map((field) => (field.type === 'checkbox' || field.type === 'radio' ? field.checked : field.value)));
const saved = new Map(forms.map((form) => [form, read(form)]));

// What is not saved while it is written, but by a button alone.
const isLeftOut = (field) => (field.type === 'file' ? field.files.length : 'unsaved' in field.dataset && field.value !== field.defaultValue);
const isUnsaved = (form) => !form.dataset.sent
  && (read(form) !== saved.get(form) || [...form.elements].some(isLeftOut));
const ask = (event) => {
  if (!forms.some(isUnsaved)) return;
  event.preventDefault();
  event.returnValue = true; // for browsers that do not know the line above here
};

// Heard only while something is unsaved: a page that hears it may not be kept for the browser's arrow back.
const look = () => (forms.some(isUnsaved) ? addEventListener : removeEventListener)('beforeunload', ask);
for (const change of ['input', 'change']) document.addEventListener(change, look);
document.addEventListener('saved', (event) => { saved.set(event.target, read(event.target)); look(); });
