// The sheet of helpers/widgets/canvas.py: strokes go to Python when the pen is lifted, or a photo when it is chosen; the board's
// reply comes back.

const SIDE = 280;
const PEN = 22;       // as helpers/drawing.py draws it
const STEP = 1 / 28;  // how far an arrow key moves the pen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const inside = (value) => Math.min(1, Math.max(0, value));
const rounded = (value) => Math.round(inside(value) * 1e4) / 1e4;

function drawStroke(paper, points) {
  paper.beginPath();
  points.forEach(([x, y], index) => (index ? paper.lineTo(x * SIDE, y * SIDE) : paper.moveTo(x * SIDE, y * SIDE)));
  if (points.length === 1) paper.lineTo(points[0][0] * SIDE, points[0][1] * SIDE);
  paper.stroke();
}

function makePainter(sheet, state) {
  const paper = sheet.getContext("2d");
  Object.assign(paper, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  return () => {
    paper.clearRect(0, 0, SIDE, SIDE);
    if (state.picture) {
      const scale = SIDE / Math.max(state.picture.width, state.picture.height);
      const [width, height] = [state.picture.width * scale, state.picture.height * scale];
      paper.drawImage(state.picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    }
    [...state.strokes, ...(state.stroke ? [state.stroke] : [])].forEach((points) => drawStroke(paper, points));
    if (!state.cursor) return;
    paper.fillStyle = state.stroke ? "#D55E00" : "#0072B2";
    paper.fillRect(state.cursor[0] * SIDE - 4, state.cursor[1] * SIDE - 4, 8, 8);
  };
}

function listenToPointer(sheet, state, paint, lift) {
  const point = (event) => {
    const box = sheet.getBoundingClientRect();
    return [rounded((event.clientX - box.left) / box.width), rounded((event.clientY - box.top) / box.height)];
  };
  sheet.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;  // a second finger, another button
    sheet.setPointerCapture(event.pointerId);
    state.cursor = null;
    state.stroke = [point(event)];
    paint();
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!state.stroke || state.cursor || !event.isPrimary) return;
    state.stroke.push(...(event.getCoalescedEvents?.() ?? []).map(point), point(event));
    paint();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(end, (event) => event.isPrimary && !state.cursor && lift());
  }
}

function listenToKeys(sheet, state, paint, lift) {
  sheet.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    state.cursor ??= [0.5, 0.2];
    if (arrow) {
      state.cursor = state.cursor.map((value, axis) => rounded(value + arrow[axis] * STEP));
      state.stroke?.push(state.cursor);
    } else if (state.stroke) lift();
    else state.stroke = [state.cursor];
    paint();
  });
}

function addButtons(parent, examples, replace, strokes) {
  const buttons = element(parent, "div", "buttons");
  const add = (text, label, action) => {
    const button = element(buttons, "button", "", text);
    button.setAttribute("aria-label", label);
    button.addEventListener("click", action);
  };
  add("Clear", "clear the sheet", () => replace([]));
  add("Undo", "take the last stroke back", () => replace(strokes().slice(0, -1)));
  for (const digit of Object.keys(examples)) add(digit, `draw the example of a ${digit}`, () => replace(examples[digit]));
}

function addPhoto(parent, state, paint, choose) {
  const label = element(parent, "label", "photo", "or a photo (PNG, JPEG): ");
  const input = element(label, "input");
  Object.assign(input, { type: "file", accept: "image/png,image/jpeg" });
  input.setAttribute("aria-label", "choose a photo of a digit");
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file) return;
    Object.assign(state, { strokes: [], stroke: null, liftedAt: performance.now() });
    state.picture = await createImageBitmap(file).catch(() => null);
    paint();
    choose(new DataView(await file.arrayBuffer()));
    input.value = "";  // so that the same file can be chosen again
  });
}

function showReply(reply, preview, answer, output, time, liftedAt) {
  const paper = preview.getContext("2d");
  const image = paper.createImageData(28, 28);
  for (let index = 0; index < 784; index++) {
    const grey = 255 - (reply.pixels?.[index] ?? 0);
    image.data.set([grey, grey, grey, 255], 4 * index);
  }
  paper.putImageData(image, 0, 0);
  answer.textContent = reply.answer ?? "";
  output.textContent = reply.console ?? "";
  output.scrollTop = output.scrollHeight;
  const emulated = `read in ${(reply.seconds ?? 0).toFixed(2)} s on this machine`;
  const waited = liftedAt ? `, shown ${((performance.now() - liftedAt) / 1000).toFixed(2)} s after the stroke` : "";
  time.textContent = reply.pixels?.length ? emulated + waited : "";
}

function render({ model, el }) {
  el.classList.add("drawn-digit");
  const state = { strokes: [...model.get("strokes")], stroke: null, picture: null, cursor: null, liftedAt: 0 };
  const left = element(el, "div"), middle = element(el, "div"), right = element(el, "div");
  const sheet = element(left, "canvas", "sheet");
  Object.assign(sheet, { width: SIDE, height: SIDE, tabIndex: 0 });
  sheet.setAttribute("role", "application");
  sheet.setAttribute("aria-label", "a sheet to draw a digit on: arrow keys move the pen, space lowers and lifts it");
  const paint = makePainter(sheet, state);
  const replace = (strokes) => {
    Object.assign(state, { strokes, stroke: null, picture: null, liftedAt: performance.now() });
    paint();
    model.set("strokes", strokes);
    if (model.get("photo")?.byteLength) model.set("photo", new DataView(new ArrayBuffer(0)));
    model.save_changes();
  };
  const lift = () => state.stroke && replace([...state.strokes, state.stroke]);
  listenToPointer(sheet, state, paint, lift);
  listenToKeys(sheet, state, paint, lift);
  addButtons(left, model.get("examples"), replace, () => state.strokes);
  addPhoto(left, state, paint, (bytes) => {
    model.set("strokes", []);
    model.set("photo", bytes);
    model.save_changes();
  });
  element(left, "p", "hint", "Draw with mouse or finger; or arrow keys move the pen, space lowers and lifts it.");
  element(middle, "p", "", "28 x 28 pixels");
  const preview = element(middle, "canvas", "preview");
  Object.assign(preview, { width: 28, height: 28 });
  element(right, "p", "", `${model.get("title")} says`);
  const answer = element(right, "p", "answer");
  answer.setAttribute("aria-live", "polite");
  const output = element(right, "pre", "console"), time = element(right, "p", "time");
  // A hidden element has no height to scroll by: the last line is shown again once the widget is on the page.
  requestAnimationFrame(() => { output.scrollTop = output.scrollHeight; });
  const show = () => showReply(model.get("reply"), preview, answer, output, time, state.liftedAt);
  const onStrokes = () => {
    state.strokes = [...model.get("strokes")];
    paint();
  };
  model.on("change:reply", show);
  model.on("change:strokes", onStrokes);
  paint();
  show();
  return () => {
    model.off("change:reply", show);
    model.off("change:strokes", onStrokes);
  };
}

export default { render };
