// Runs inside a page of the built site: fetches all pages, makes one long page of them, typesets it.
async ({ address, parts }) => {
  const slug = (path) => path.replace(/\.html$/, "").replace(/[^\w]+/g, "-");
  const pages = parts.flatMap((part) => part.pages);
  const styles = new Set([...document.querySelectorAll("link[rel=stylesheet]")].map((l) => l.href));
  const book = document.createElement("main");
  book.className = "bd-article printed-book";
  const rules = [];
  const titles = {};

  const place = (href, here) => {
    const url = new URL(href, here);
    if (url.origin !== address) return url.href;
    const path = url.pathname.slice(1);
    if (!pages.includes(path.replace(/\.html$/, ""))) return null; // a download: nothing to link to on paper
    return "#" + slug(path) + (url.hash ? "--" + decodeURIComponent(url.hash.slice(1)) : "");
  };

  for (const path of pages) {
    const here = `${address}/${path}.html`;
    const read = new DOMParser().parseFromString(await (await fetch(here)).text(), "text/html");
    read.querySelectorAll("link[rel=stylesheet]").forEach((l) => styles.add(new URL(l.getAttribute("href"), here).href));
    const chapter = document.createElement("section");
    chapter.id = slug(path);
    chapter.className = "printed-chapter";
    chapter.append(...read.querySelector("article").childNodes);
    chapter.querySelectorAll("script, a.headerlink, button, details.hide.above-input, .explorable-controls").forEach((e) => e.remove());
    chapter.querySelectorAll("[id]").forEach((e) => { if (!e.closest("svg")) e.id = `${chapter.id}--${e.id}`; });
    chapter.querySelectorAll("img").forEach((i) => { i.src = new URL(i.getAttribute("src"), here).href; i.loading = "eager"; });
    chapter.querySelectorAll("a[href]").forEach((a) => {
      const to = place(a.getAttribute("href"), here);
      if (to === null) a.removeAttribute("href"); else a.setAttribute("href", to);
    });
    chapter.querySelectorAll("details").forEach((d) => { d.open = !d.classList.contains("hide"); });
    titles[path] = chapter.querySelector("h1").textContent.trim();
    chapter.style.page = chapter.id;
    rules.push(`@page ${chapter.id} { @top-right { content: ${JSON.stringify(titles[path])}; } }`);
    book.append(chapter);
  }

  const cover = document.createElement("section");
  cover.className = "printed-cover";
  cover.innerHTML = `<img src="${address}/_static/logo.svg" alt="Backprop, Proven">
    <p>A course on backpropagation in which every formula, exercise and number is proven by running it</p>`;
  const list = document.createElement("nav");
  list.className = "printed-contents";
  list.innerHTML = "<p class='printed-heading'>Contents</p>";
  for (const part of parts) {
    if (part.caption) list.insertAdjacentHTML("beforeend", `<p class="printed-part">${part.caption}</p>`);
    for (const path of part.pages) {
      const line = document.createElement("a");
      line.href = "#" + slug(path);
      line.innerHTML = `<span></span><i></i><b data-page-of="${slug(path)}">000</b>`;
      line.querySelector("span").textContent = titles[path];
      list.append(line);
    }
  }

  for (const href of styles) {
    if ([...document.styleSheets].some((s) => s.href === href)) continue;
    await new Promise((done) => {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done });
      document.head.prepend(link);
    });
  }
  document.head.insertAdjacentHTML("beforeend", `<style>${rules.join("\n")}</style>`);
  document.documentElement.dataset.theme = "light";
  document.body.replaceChildren(cover, list, book);

  await MathJax.startup.promise;
  MathJax.typesetClear();
  await MathJax.typesetPromise();
  await document.fonts.ready;
  await Promise.all([...document.images].map((i) => i.decode().catch(() => {})));

  // What is wider than its column is drawn smaller: first formulas in tables, then equations and tables.
  for (const formula of book.querySelectorAll("td mjx-container")) {
    const room = formula.closest("td").clientWidth - 12;
    const wide = formula.querySelector("mjx-math").getBoundingClientRect().width;
    if (wide > room) formula.style.zoom = Math.max(0.5, room / wide * 0.97).toFixed(3);
  }
  for (const box of book.querySelectorAll("div.math, table")) {
    const room = box.closest("li, .admonition, details, figure, section").clientWidth;
    const inner = box.querySelector(":scope > mjx-container > mjx-math") || box;
    const wide = Math.max(inner.scrollWidth, inner.getBoundingClientRect().width, box.scrollWidth);
    if (wide > room + 1) box.style.zoom = Math.max(0.5, room / wide * 0.98).toFixed(3);
  }

  window.setPageNumbers = (numbers) => {
    for (const place of document.querySelectorAll("[data-page-of]")) {
      place.textContent = numbers[place.dataset.pageOf] ?? "";
    }
  };
}
