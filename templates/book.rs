//! The pages of a book for e-readers, as XHTML (EPUB 3.3). An element without content is written with its end,
//! which XML asks for and HTML allows.

use maud::{Markup, PreEscaped, html};

use crate::SafeXhtml;
use crate::view::{Headline, Language};

/// A book.
#[derive(Debug, Clone)]
pub struct Book {
    pub language: Language,
    /// What makes it this book and no other.
    pub identifier: String,
    /// The name of the digest, which is a series.
    pub series: String,
    pub number: i64,
    pub title: String,
    pub publisher: String,
    /// RFC 3339, UTC, in seconds.
    pub modified: String,
    pub day: String,
    /// `#RRGGBB`.
    pub accent: String,
    pub cover: Cover,
    /// Over its contents.
    pub contents: String,
    pub parts: Vec<Part>,
    /// Names of the pictures.
    pub pictures: Vec<String>,
}

/// Its lines.
#[derive(Debug, Clone)]
pub struct Cover {
    pub masthead: Vec<String>,
    pub lines: Vec<String>,
}

/// A section.
#[derive(Debug, Clone)]
pub struct Part {
    pub title: Option<String>,
    pub chapters: Vec<Chapter>,
}

/// An article.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// Of its file, without an ending.
    pub name: String,
    pub title: String,
    /// Of the body.
    pub language: Language,
    /// Where it is another.
    pub title_language: Option<Language>,
    /// As its outlet has it, where the title is a translation.
    pub original_title: Option<(String, Language)>,
    pub summary: Option<(String, Language)>,
    /// What the mark of machines means, where it stands in the chapter.
    pub by_machine: Option<(String, Language)>,
    /// Its outlet, when it came out, how long it takes, and the language of these words.
    pub meta: Vec<String>,
    pub meta_language: Language,
    pub picture: Option<Picture>,
    pub body: SafeXhtml,
    pub links: Vec<Headline>,
}

/// A picture over an article.
#[derive(Debug, Clone)]
pub struct Picture {
    pub name: String,
    pub alt: String,
    pub caption: String,
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const DOCTYPE: &str = "<!DOCTYPE html>\n";
const OPS: &str = "http://www.idpf.org/2007/ops";

/// How every page looks. Chinese paragraphs begin with two blanks, and need more air between their lines.
pub const STYLE: &str = "\
body{margin:0 4%;line-height:1.5}\
h1{margin:1.2em 0 .4em;font-size:1.5em;line-height:1.25;text-align:start}\
h2{font-size:1.25em;line-height:1.3;text-align:start}\
h4,h5,h6{margin:1.2em 0 .4em;font-size:1.05em}\
p{margin:0 0 .8em}\
.meta{margin:0 0 1.4em;font-size:.85em;color:#5b564e}\
.links{margin:1.6em 0 0;padding:.8em 0 0;border-top:1px solid #c9c2b5;font-size:.85em}\
.links p{margin:0 0 .4em}\
figure{margin:0 0 1.2em;text-align:center;page-break-inside:avoid;break-inside:avoid}\
img{max-width:100%;height:auto}\
figcaption{margin:.4em 0 0;font-size:.8em;color:#5b564e;text-align:start}\
blockquote{margin:0 0 .8em;padding:0 0 0 1em;border-left:3px solid #c9c2b5}\
[dir=rtl] blockquote{padding:0 1em 0 0;border-left:0;border-right:3px solid #c9c2b5}\
pre{white-space:pre-wrap;overflow-wrap:break-word;font-size:.85em;text-align:left}\
table{margin:0 0 .8em;border-collapse:collapse;font-size:.9em}\
td,th{padding:.3em .5em;border:1px solid #c9c2b5;text-align:start;vertical-align:top}\
article:lang(zh),article:lang(ja){line-height:1.75;text-align:justify}\
article:lang(zh) p,article:lang(ja) p{text-indent:2em}\
article:lang(zh) .meta,article:lang(ja) .meta,article:lang(zh) .links p,article:lang(ja) .links p,\
article:lang(zh) li p,article:lang(zh) td p,article:lang(ja) li p,article:lang(ja) td p{text-indent:0}\
article:lang(zh) em,article:lang(ja) em,article:lang(ko) em{font-style:normal;text-emphasis:filled dot;-epub-text-emphasis-style:filled dot}\
.cover{margin:0;padding:0;text-align:center}\
.cover img{max-width:100%;max-height:100%}\
nav ol{list-style:none;margin:0;padding:0}\
nav ol ol{margin:0 1.2em .8em}\
nav li{margin:.5em 0}\
nav .part{font-weight:bold}\
nav a{color:inherit;text-decoration:none}";

/// A page around what stands in it. `kind` is what the page is, in the words of EPUB.
fn page(language: &Language, title: &str, kind: &str, body: &Markup) -> String {
    let page = html! {
        html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub=(OPS) lang=(language.tag) xml:lang=(language.tag) dir=(language.dir()) {
            head {
                meta charset="utf-8" {}
                title { (title) }
                link rel="stylesheet" type="text/css" href="style.css" {}
            }
            body epub:type=(kind) { (body) }
        }
    };
    format!("{XML}{DOCTYPE}{}\n", page.into_string())
}

/// The page that shows the cover.
pub fn cover_page(book: &Book) -> String {
    let body = html! {
        div class="cover" { img src="cover.svg" alt=(book.title) {} }
    };
    page(&book.language, &book.title, "cover", &body)
}

/// The cover, as a drawing: the masthead between two rules, the date under it.
pub fn cover(book: &Book) -> String {
    let wide = book.cover.masthead.iter().map(|line| width(line)).fold(1.0, f32::max);
    let size = (1040.0 / wide).clamp(48.0, 190.0);
    let line = size * 1.2;
    let mut y = 560.0 - line * book.cover.masthead.len() as f32;
    let fonts = "Georgia, 'Songti SC', 'Noto Serif CJK SC', 'Noto Serif', serif";
    let mut lines = Vec::new();
    for text in &book.cover.masthead {
        y += line;
        lines.push((y, size, "#1B1A17", "bold", text));
    }
    y = 660.0;
    for text in &book.cover.lines {
        y += 92.0;
        lines.push((y, (1000.0 / width(text)).clamp(26.0, 54.0), "#45423C", "normal", text));
    }
    let direction = book.language.dir();
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 1600" width="1200" height="1600" xml:lang=(book.language.tag) {
            title { (book.title) }
            rect width="1200" height="1600" fill="#FFFDF9" {}
            rect x="60" y="60" width="1080" height="14" fill=(book.accent) {}
            rect x="60" y="650" width="1080" height="4" fill="#1B1A17" {}
            rect x="60" y="1526" width="1080" height="14" fill=(book.accent) {}
            @for (y, size, colour, weight, text) in lines {
                text x="600" y=(format!("{y:.0}")) font-family=(fonts) font-size=(format!("{size:.0}")) font-weight=(weight) fill=(colour) text-anchor="middle" direction=(direction) { (text) }
            }
        }
    };
    format!("{XML}{}\n", drawing.into_string())
}

/// About how wide a text is, in its own size.
fn width(text: &str) -> f32 {
    let wide = |c: char| if (c as u32) < 0x1100 { 0.56 } else { 1.0 };
    text.chars().map(wide).sum::<f32>().max(1.0)
}

/// The contents, and where a reader begins.
pub fn contents(book: &Book) -> String {
    let body = html! {
        nav epub:type="toc" id="toc" role="doc-toc" {
            h1 { (book.contents) }
            ol {
                @for part in &book.parts {
                    @match (&part.title, part.chapters.first()) {
                        (Some(title), Some(first)) => li {
                            a class="part" href=(file(first)) { (title) }
                            ol { (entries(part)) }
                        },
                        _ => (entries(part)),
                    }
                }
            }
        }
        nav epub:type="landmarks" hidden="hidden" {
            h2 { (book.contents) }
            ol {
                li { a epub:type="toc" href="#toc" { (book.contents) } }
                @if let Some(first) = chapters(book).next() {
                    li { a epub:type="bodymatter" href=(file(first)) { (first.title) } }
                }
            }
        }
    };
    page(&book.language, &book.title, "frontmatter", &body)
}

fn entries(part: &Part) -> Markup {
    html! {
        @for chapter in &part.chapters {
            @let language = chapter.title_language.as_ref().unwrap_or(&chapter.language);
            li { a href=(file(chapter)) lang=(language.tag) xml:lang=(language.tag) dir=(language.dir()) { (chapter.title) } }
        }
    }
}

/// The contents for readers of EPUB 2 (OPF 2.0.1, 2.4.1).
pub fn ncx(book: &Book) -> String {
    let document = html! {
        ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1" xml:lang=(book.language.tag) {
            head { meta name="dtb:uid" content=(book.identifier) {} }
            docTitle { text { (book.title) } }
            navMap {
                @for (i, chapter) in chapters(book).enumerate() {
                    navPoint id={ "point-" (i + 1) } playOrder=(i + 1) {
                        navLabel { text { (chapter.title) } }
                        content src=(file(chapter)) {}
                    }
                }
            }
        }
    };
    format!("{XML}{}\n", document.into_string())
}

/// An article.
pub fn chapter(chapter: &Chapter, part: Option<&str>) -> String {
    let body = html! {
        article lang=(chapter.language.tag) xml:lang=(chapter.language.tag) dir=(chapter.language.dir()) {
            @if let Some(part) = part { p class="meta" { (part) } }
            @let own = chapter.title_language.as_ref();
            h1 lang=[own.map(|l| &l.tag)] xml:lang=[own.map(|l| &l.tag)] dir=[own.map(Language::dir)] { (chapter.title) }
            @if let Some((original, language)) = &chapter.original_title { p class="meta" lang=(language.tag) xml:lang=(language.tag) dir=(language.dir()) { (original) } }
            @let frame = &chapter.meta_language;
            p class="meta" lang=(frame.tag) xml:lang=(frame.tag) dir=(frame.dir()) { (chapter.meta.join(" · ")) }
            @if let Some(picture) = &chapter.picture {
                figure {
                    img src=(picture.name) alt=(picture.alt) {}
                    @if !picture.caption.is_empty() { figcaption { (picture.caption) } }
                }
            }
            @if let Some((summary, language)) = &chapter.summary {
                blockquote lang=(language.tag) xml:lang=(language.tag) dir=(language.dir()) { p { (summary) } }
            }
            (PreEscaped(chapter.body.as_str()))
            @if let Some((words, language)) = &chapter.by_machine {
                p class="meta" lang=(language.tag) xml:lang=(language.tag) dir=(language.dir()) { (words) }
            }
            @if !chapter.links.is_empty() {
                div class="links" {
                    @for headline in &chapter.links {
                        @if let Some(link) = &headline.link { p { a href=(link) { (headline.title) } } }
                    }
                }
            }
        }
    };
    page(&chapter.language, &chapter.title, "bodymatter", &body)
}

/// What is in the book, in which order, and what it is (EPUB 3.3, 5).
pub fn package(book: &Book) -> String {
    let direction = book.language.dir();
    let document = html! {
        package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang=(book.language.tag) dir=(direction) prefix="schema: http://schema.org/" {
            metadata xmlns:dc="http://purl.org/dc/elements/1.1/" {
                dc:identifier id="id" { (book.identifier) }
                dc:title { (book.title) }
                dc:language { (book.language.tag) }
                dc:creator { (book.publisher) }
                dc:publisher { (book.publisher) }
                dc:date { (book.day) }
                meta property="dcterms:modified" { (book.modified) }
                meta property="belongs-to-collection" id="series" { (book.series) }
                meta refines="#series" property="collection-type" { "series" }
                meta refines="#series" property="group-position" { (book.number) }
                meta property="schema:accessMode" { "textual" }
                @if !book.pictures.is_empty() { meta property="schema:accessMode" { "visual" } }
                meta property="schema:accessModeSufficient" { "textual" }
                meta property="schema:accessibilityFeature" { "tableOfContents" }
                meta property="schema:accessibilityFeature" { "structuralNavigation" }
                meta property="schema:accessibilityHazard" { "unknown" }
                meta name="cover" content="cover-image" {}
            }
            manifest {
                item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav" {}
                item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml" {}
                item id="style" href="style.css" media-type="text/css" {}
                item id="cover-image" href="cover.svg" media-type="image/svg+xml" properties="cover-image" {}
                item id="cover" href="cover.xhtml" media-type="application/xhtml+xml" {}
                @for chapter in chapters(book) {
                    item id=(chapter.name) href=(file(chapter)) media-type="application/xhtml+xml" {}
                }
                @for (i, picture) in book.pictures.iter().enumerate() {
                    item id={ "picture-" (i + 1) } href=(picture) media-type="image/jpeg" {}
                }
            }
            spine toc="ncx" page-progression-direction=(direction) {
                itemref idref="cover" {}
                itemref idref="nav" {}
                @for chapter in chapters(book) { itemref idref=(chapter.name) {} }
            }
        }
    };
    format!("{XML}{}\n", document.into_string())
}

fn chapters(book: &Book) -> impl Iterator<Item = &Chapter> {
    book.parts.iter().flat_map(|part| &part.chapters)
}

/// The file of an article.
pub fn file(chapter: &Chapter) -> String {
    format!("{}.xhtml", chapter.name)
}
