// Makes each slide fit: first its pictures become lower, then all of it smaller. What would become too small to read scrolls.
const HEIGHT = 780;           // as max-height in slides.css
const LOWEST_PICTURE = 300;
const SMALLEST = 0.68;

function fit(section) {
  if (!section || section.querySelector("section")) return;
  const pictures = [...section.querySelectorAll(".cell_output img")];
  section.style.zoom = section.style.maxHeight = "";
  for (const picture of pictures) picture.style.maxHeight = "";
  const over = section.scrollHeight - HEIGHT;
  if (over <= 0) return;
  for (const picture of pictures) {
    picture.style.maxHeight = `${Math.max(LOWEST_PICTURE, picture.offsetHeight - over / pictures.length)}px`;
  }
  for (let zoom = 0.98; section.scrollHeight > section.clientHeight + 1 && zoom >= SMALLEST; zoom -= 0.02) {
    section.style.zoom = zoom;
    section.style.maxHeight = `${HEIGHT / zoom}px`;
  }
  if (section.scrollHeight > section.clientHeight + 1) section.style.zoom = section.style.maxHeight = "";
}

addEventListener("load", () => {  // reveal.js has been loaded, and pictures have their sizes
  Reveal.on("slidechanged", (event) => fit(event.currentSlide));
  Reveal.on("ready", (event) => fit(event.currentSlide));
  if (Reveal.isReady()) fit(Reveal.getCurrentSlide());
});
