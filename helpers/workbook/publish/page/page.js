// The page: strokes of mouse, finger or keys on a sheet; when the pen is lifted, the machine reads them and the page shows it.

import { Machine } from "./machine.js";
import { SIDE, ink, prepare } from "./prepare.js";

const PEN = 22, STEP = 1 / 28;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const program = JSON.parse(document.getElementById("program").textContent);
const machine = new Machine(program);
const testImage = Uint8Array.from(atob(program.image), (letter) => letter.charCodeAt(0));
const state = { strokes: [], stroke: null, cursor: null, picture: null };
const find = (id) => document.getElementById(id);
const sheet = find("sheet"), paper = sheet.getContext("2d");
const inside = (value) => Math.min(1, Math.max(0, value));

function paint() {
  Object.assign(paper, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  paper.clearRect(0, 0, SIDE, SIDE);
  if (state.picture) {
    Object.assign(paper, { imageSmoothingEnabled: false });
    paper.drawImage(state.picture, 0, 0, SIDE, SIDE);
  }
  for (const points of [...state.strokes, state.stroke ?? []]) {
    paper.beginPath();
    points.forEach(([x, y]) => paper.lineTo(x * SIDE, y * SIDE));
    if (points.length === 1) paper.lineTo(points[0][0] * SIDE, points[0][1] * SIDE);
    paper.stroke();
  }
  if (!state.cursor) return;
  paper.fillStyle = state.stroke ? "#d55e00" : "#0072b2";
  paper.fillRect(state.cursor[0] * SIDE - 4, state.cursor[1] * SIDE - 4, 8, 8);
}

function replace(strokes) {
  Object.assign(state, { strokes, stroke: null, picture: null });
  paint();
  read(prepare(ink(strokes)));
}

// The test image of the workbook needs no preparation: it is MNIST's own.
function replaceByTestImage() {
  read(testImage);
  Object.assign(state, { strokes: [], stroke: null, cursor: null, picture: find("preview") });
  paint();
}

function read(pixels) {
  if (!pixels) return clear();
  const start = performance.now(), reading = machine.infer(pixels);
  show(pixels, reading, performance.now() - start);
  document.dispatchEvent(new CustomEvent("digit-read", { detail: { pixels: [...pixels], ...reading } }));
}

const lift = () => state.stroke && replace([...state.strokes, state.stroke]);

function clear() {
  find("answer").textContent = "?";
  find("preview").getContext("2d").clearRect(0, 0, 28, 28);
  find("preview").setAttribute("aria-label", "No digit yet: here its 28 by 28 pixels will be.");
  find("took").textContent = "Draw a digit: the answer comes when you lift the pen.";
  document.querySelectorAll("[data-output], [data-layer]").forEach((row) => fill(row, 0, ""));
  document.querySelectorAll(".best").forEach((row) => row.classList.remove("best"));
}

function fill(row, share, text) {
  row.querySelector(".fill").style.width = `${100 * share}%`;
  row.querySelector(".value").textContent = text;
}

function show(pixels, { outputs, answer, cycles, functions }, milliseconds) {
  find("answer").textContent = answer;
  const small = find("preview").getContext("2d"), image = small.createImageData(28, 28);
  pixels.forEach((value, index) => image.data.set([0, 0, 0, value], 4 * index));
  small.putImageData(image, 0, 0);
  find("preview").setAttribute("aria-label", `The drawing as the network gets it: 28 by 28 pixels. It was read as ${answer}.`);
  find("took").textContent = `${cycles.toLocaleString("en")} cycles, emulated in ${milliseconds.toFixed(0)} ms`;
  outputs.forEach((value, digit) => {
    const row = document.querySelector(`[data-output="${digit}"]`);
    fill(row, (value + 128) / 255, String(value));
    row.classList.toggle("best", digit === answer);
  });
  const most = Math.max(...functions.map((each) => each.cycles));
  functions.forEach((each, number) => {
    fill(document.querySelector(`[data-layer="${number}"]`), each.cycles / most, each.cycles.toLocaleString("en"));
  });
}

function listenToPointer() {
  const point = (event) => {
    const box = sheet.getBoundingClientRect();
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  };
  sheet.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return; // a second finger, another button
    sheet.setPointerCapture(event.pointerId);
    Object.assign(state, { cursor: null, picture: null, stroke: [point(event)] });
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

function listenToKeys() {
  sheet.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== " ") return;
    event.preventDefault();
    state.cursor ??= [0.5, 0.2];
    if (arrow) {
      state.cursor = state.cursor.map((value, axis) => inside(value + arrow[axis] * STEP));
      state.stroke?.push(state.cursor);
    } else if (state.stroke) lift();
    else state.stroke = [state.cursor];
    paint();
  });
}

function listenToButtons() {
  find("clear").addEventListener("click", () => replace([]));
  find("undo").addEventListener("click", () => replace(state.strokes.slice(0, -1)));
  find("test-image").addEventListener("click", replaceByTestImage);
  document.querySelectorAll("[data-example]").forEach((button) => {
    button.addEventListener("click", () => replace(program.examples[button.dataset.example]));
  });
}

listenToPointer();
listenToKeys();
listenToButtons();
clear();
paint();
document.body.dataset.ready = "true";
