// Strokes of a pen to 28 x 28 pixels, as helpers/data/strokes.py does it: ink on a sheet, cut out, fitted into 20 x 20, centred.

export const SIDE = 280; // pixels of the sheet
const BOX = 20, FIELD = 28, CENTRE = 14;
// Pillow's pen of 22 covers 23 pixels, and its edges are rounded up and to the left: these two come closest to its ink.
const RADIUS = 11.5, SHIFT = 0.25;
const PRECISION = 22; // bits behind the point of Pillow's resampling weights

// Ink of strokes, lists of points [x, y] from 0 to 1: Uint8Array of SIDE x SIDE, 255 for ink.
export function ink(strokes) {
  const sheet = new Uint8Array(SIDE * SIDE);
  for (const stroke of strokes) {
    const points = stroke.map((point) => point.map((value) => value * SIDE - SHIFT));
    points.forEach((point, index) => drawSegment(sheet, points[Math.max(0, index - 1)], point));
  }
  return sheet;
}

// Every pixel whose distance from the line between two points is at most RADIUS.
function drawSegment(sheet, [startX, startY], [endX, endY]) {
  const [stepX, stepY] = [endX - startX, endY - startY];
  const length = stepX * stepX + stepY * stepY;
  const [left, right] = reach(startX, endX), [top, bottom] = reach(startY, endY);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = length ? ((x - startX) * stepX + (y - startY) * stepY) / length : 0;
      const place = Math.min(1, Math.max(0, along));
      const [awayX, awayY] = [x - startX - place * stepX, y - startY - place * stepY];
      if (awayX * awayX + awayY * awayY <= RADIUS * RADIUS) sheet[y * SIDE + x] = 255;
    }
  }
}

function reach(start, end) {
  const low = Math.ceil(Math.min(start, end) - RADIUS), high = Math.floor(Math.max(start, end) + RADIUS);
  return [Math.max(0, low), Math.min(SIDE - 1, high)];
}

// A sheet as an image like MNIST's: Uint8Array of 28 x 28, or null where there is no ink.
export function prepare(sheet) {
  const cropped = crop({ width: SIDE, height: SIDE, data: sheet });
  if (!cropped) return null;
  const scale = BOX / Math.max(cropped.width, cropped.height);
  const [width, height] = [cropped.width, cropped.height].map((side) => Math.max(1, roundHalfEven(side * scale)));
  const across = (image) => resized(image, width), down = (image) => transposed(resized(transposed(image), height));
  return centred(tall(cropped) ? across(down(cropped)) : down(across(cropped)));
}

// Pillow 13 (its pull request 9549) shrinks a tall image in height first, others in width first; each pass rounds. That it is
// this bound was found by trying: it holds for heights from 40, and below that a pixel may differ by one grey level.
function tall({ width, height }) {
  return height > 2 * width;
}

function crop({ width, height, data }) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!data[y * width + x]) continue;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
  }
  if (right < 0) return null;
  const rows = Array.from({ length: bottom - top + 1 }, (_, y) => data.slice((top + y) * width + left, (top + y) * width + right + 1));
  const cut = { width: right - left + 1, height: rows.length, data: new Uint8Array((right - left + 1) * rows.length) };
  rows.forEach((row, y) => cut.data.set(row, y * cut.width));
  return cut;
}

// An image of another width, as Pillow's Image.resize with BILINEAR gives it for 8 bits: integer weights, rounded once.
function resized(image, width) {
  const data = new Uint8Array(width * image.height);
  for (let x = 0; x < width; x++) {
    const { first, weights } = weightsOf(x, image.width, width);
    for (let y = 0; y < image.height; y++) {
      let sum = 1 << (PRECISION - 1);
      weights.forEach((weight, index) => { sum += weight * image.data[y * image.width + first + index]; });
      data[y * width + x] = Math.min(255, Math.max(0, sum >> PRECISION));
    }
  }
  return { width, height: image.height, data };
}

// Which pixels of a row of `from` a pixel of a row of `to` is made of, and by which weights.
function weightsOf(x, from, to) {
  const scale = from / to, support = Math.max(1, scale), centre = (x + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - support + 0.5));
  const end = Math.min(from, Math.trunc(centre + support + 0.5));
  const shares = Array.from({ length: end - first }, (_, index) => {
    return Math.max(0, 1 - Math.abs((index + first - centre + 0.5) / support));
  });
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return { first, weights: shares.map((share) => Math.trunc(0.5 + (share / whole) * 2 ** PRECISION)) };
}

function transposed({ width, height, data }) {
  return { width: height, height: width, data: data.map((_, index) => data[(index % height) * width + Math.floor(index / height)]) };
}

// An image in the field, its centre of mass in the middle to the nearest pixel.
function centred({ width, height, data }) {
  const rows = new Array(height).fill(0), columns = new Array(width).fill(0);
  data.forEach((value, index) => {
    rows[Math.floor(index / width)] += value;
    columns[index % width] += value;
  });
  const top = start(rows), left = start(columns), field = new Uint8Array(FIELD * FIELD);
  for (let y = 0; y < height; y++) field.set(data.subarray(y * width, (y + 1) * width), (top + y) * FIELD + left);
  return field;
}

function start(mass) {
  const whole = mass.reduce((sum, value) => sum + value, 0);
  const centre = mass.reduce((sum, value, index) => sum + value * index, 0) / whole;
  return Math.min(FIELD - mass.length, Math.max(0, roundHalfEven(CENTRE - centre)));
}

// As Python rounds.
function roundHalfEven(value) {
  const below = Math.floor(value), rest = value - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2) ? 1 : 0);
}
