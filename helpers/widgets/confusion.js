// The table of helpers/widgets/confusion.py: a button a cell; Python sends the images of the cell that is pressed.

const DIGITS = [...Array(10).keys()];

const times = (count) => (count === 1 ? "1 time" : `${count} times`);

function shade(count, most) {
  const part = most ? count / most : 0;
  return `rgb(255, ${Math.round(255 - 110 * part)}, ${Math.round(255 - 230 * part)})`;  // dark text stays readable
}

function makeTable(parent, counts, choose) {
  const table = element(parent, "table"), head = element(table, "tr");
  element(head, "th", "", "digit \\ answer");
  DIGITS.forEach((answer) => element(head, "th", "", answer));
  const wrong = counts.flatMap((row, digit) => row.filter((_, answer) => answer !== digit));
  const most = Math.max(...wrong), buttons = {};
  for (const digit of DIGITS) {
    const row = element(table, "tr");
    element(row, "th", "", digit);
    for (const answer of DIGITS) {
      const count = counts[digit][answer], right = digit === answer;
      const button = element(element(row, "td"), "button", right ? "right" : "", count || "");
      button.style.background = right ? "#fff" : shade(count, most);
      button.setAttribute("aria-label", `${digit} read as ${answer}: ${times(count)}`);
      button.addEventListener("click", () => choose(digit, answer));
      buttons[`${digit} ${answer}`] = button;
    }
  }
  return buttons;
}

function drawDigit(canvas, pixels) {
  Object.assign(canvas, { width: 28, height: 28 });
  const paper = canvas.getContext("2d"), image = paper.createImageData(28, 28);
  pixels.forEach((ink, index) => image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * index));
  paper.putImageData(image, 0, 0);
}

function showCell(cell, caption, images, buttons) {
  for (const [key, button] of Object.entries(buttons)) {
    button.setAttribute("aria-pressed", key === `${cell.digit} ${cell.answer}`);
  }
  const first = cell.count > cell.indices.length ? `, the first ${cell.indices.length}` : "";
  caption.textContent = `${cell.digit} read as ${cell.answer}: ${times(cell.count)}${first}`;
  images.replaceChildren();
  const bytes = new Uint8Array(cell.pixels.buffer, cell.pixels.byteOffset, cell.pixels.byteLength);
  cell.indices.forEach((number, place) => {
    const figure = element(images, "figure");
    const canvas = element(figure, "canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `image ${number}`);
    drawDigit(canvas, bytes.subarray(784 * place, 784 * (place + 1)));
    element(figure, "figcaption", "", number);
  });
}

function render({ model, el }) {
  el.classList.add("confusion");
  const left = element(el, "div"), right = element(el, "div");
  const buttons = makeTable(left, model.get("counts"), (digit, answer) => {
    model.set("chosen", [digit, answer]);
    model.save_changes();
  });
  const caption = element(right, "div", "caption"), images = element(right, "div", "images");
  caption.setAttribute("aria-live", "polite");
  const show = () => showCell(model.get("cell"), caption, images, buttons);
  model.on("change:cell", show);
  show();
  return () => model.off("change:cell", show);
}

export default { render };
