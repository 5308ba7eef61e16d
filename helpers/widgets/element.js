// In front of each widget's own script (helpers/widgets/printed.py): a new element within another.

function element(parent, tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  parent.append(made);
  return made;
}
