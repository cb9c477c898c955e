//! An edition as a book for e-readers: a cover, the contents by section, and a chapter for each of its
//! articles, whole. Pure.

use std::collections::HashMap;

use tidings_templates::book::{self as pages, Chapter, Cover, Part, Picture};
use tidings_templates::{SafeXhtml, view};

use super::words::Words;
use super::{Context, Imprint, attached, language, summary, wrap};
use crate::model::{Article, Edition};
use crate::text::{columns, cut};

/// Columns of a line of the cover.
const COVER_COLUMNS: usize = 14;
const COVER_LINES: usize = 4;
/// Columns of a title that is made of an article's first words.
const TITLE_COLUMNS: usize = 80;
/// Columns of the name of the file.
const NAME_COLUMNS: usize = 60;

/// A picture that goes into the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookPicture {
    /// Of its file.
    pub name: String,
    /// A JPEG.
    pub bytes: Vec<u8>,
}

/// The articles of an edition as a book has them: each that leads a story, followed by those that are named
/// under it.
fn articles(edition: &Edition) -> impl Iterator<Item = &Article> {
    edition.stories().flat_map(|placed| placed.story.articles())
}

/// The addresses of the pictures that a book of the edition shows, in their order.
pub fn picture_addresses(edition: &Edition) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for article in articles(edition) {
        let inside = tags(&article.html).filter_map(|tag| attribute(tag, "src"));
        for address in article.image.iter().map(|image| image.url.clone()).chain(inside) {
            if !all.contains(&address) {
                all.push(address);
            }
        }
    }
    all
}

/// A book, not yet in its container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// Of its file.
    pub name: String,
    /// Of the mail that carries it.
    pub text: String,
    /// By their paths, the package first.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Puts an edition into a book. `pictures` are those that could be had, by their addresses.
pub fn bind(
    edition: &Edition,
    imprint: &Imprint,
    identifier: &str,
    pictures: &HashMap<String, BookPicture>,
) -> Pages {
    let words = Words::in_language(&edition.language);
    let now = edition.due.with_timezone(&edition.zone);
    let context = Context { words, language: words.tag(), now, images: edition.images };
    let name = seen_line(&edition.title).unwrap_or_else(|| edition.digest.clone());
    let title = format!("{name}, {}", words.date(now));
    let publisher = imprint.sender.name.as_deref().and_then(seen_line).unwrap_or_else(|| name.clone());
    let mut count = 0;
    let parts = edition.sections.iter().map(|section| Part {
        title: section.title.as_deref().and_then(seen_line),
        chapters: section
            .stories
            .iter()
            .flat_map(|placed| placed.story.articles())
            .map(|article| {
                count += 1;
                chapter(
                    article,
                    &context,
                    format!("article-{count}"),
                    edition.written_by.as_deref(),
                    pictures,
                )
            })
            .collect(),
    });
    let parts: Vec<Part> = parts.filter(|part| !part.chapters.is_empty()).collect();
    let mut used: Vec<&BookPicture> = Vec::new();
    for address in picture_addresses(edition) {
        if let Some(picture) = pictures.get(&address)
            && used.iter().all(|known| known.name != picture.name)
        {
            used.push(picture);
        }
    }
    let said = summary(edition, words);
    let cover = Cover {
        masthead: lines(&name),
        lines: std::iter::once(words.long_date(now)).chain(said.iter().cloned()).collect(),
    };
    let book = pages::Book {
        language: language(words.tag()),
        identifier: format!("urn:tidings:{identifier}"),
        series: name,
        number: edition.number,
        title: title.clone(),
        publisher,
        modified: edition.due.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        day: now.format("%Y-%m-%d").to_string(),
        accent: imprint.theme.accent.clone(),
        cover,
        contents: words.at_a_glance(),
        parts,
        pictures: used.iter().map(|picture| picture.name.clone()).collect(),
    };
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("EPUB/package.opf".into(), pages::package(&book).into_bytes()),
        ("EPUB/nav.xhtml".into(), pages::contents(&book).into_bytes()),
        ("EPUB/toc.ncx".into(), pages::ncx(&book).into_bytes()),
        ("EPUB/style.css".into(), pages::STYLE.into()),
        ("EPUB/cover.svg".into(), pages::cover(&book).into_bytes()),
        ("EPUB/cover.xhtml".into(), pages::cover_page(&book).into_bytes()),
    ];
    for part in &book.parts {
        for chapter in &part.chapters {
            let page = pages::chapter(chapter, part.title.as_deref());
            files.push((format!("EPUB/{}", pages::file(chapter)), page.into_bytes()));
        }
    }
    // What XML cannot hold, nothing can show.
    for (_, bytes) in &mut files {
        if let Ok(text) = std::str::from_utf8(bytes)
            && text.contains(is_no_xml)
        {
            *bytes = text.replace(is_no_xml, "").into_bytes();
        }
    }
    files.extend(used.iter().map(|picture| (format!("EPUB/{}", picture.name), picture.bytes.clone())));
    Pages { name: file_name(&title), text: letter(&title, &said, edition, imprint, words), files }
}

/// What the mail says that carries the book.
fn letter(title: &str, said: &[String], edition: &Edition, imprint: &Imprint, words: Words) -> String {
    let text = format!("{title}\n{}\n\n", said.join(" · "));
    let leave =
        format!("{}\n{}:\n<{}>\n", words.why(&edition.title), words.unsubscribe(), imprint.unsubscribe);
    // "-- " is the signature separator, and its blank at the end counts.
    format!("{}-- \n{}{}\n", wrap(&text), wrap(&leave), words.sent_by(&imprint.sender.to_string()))
}

/// A name that is one on every system, and not long.
fn file_name(title: &str) -> String {
    let plain: String =
        title.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { ' ' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = cut(&plain, NAME_COLUMNS);
    format!("{}.epub", plain.trim_matches(['.', ' ']))
}

fn chapter(
    article: &Article,
    context: &Context,
    name: String,
    model: Option<&str>,
    pictures: &HashMap<String, BookPicture>,
) -> Chapter {
    let words = context.words;
    let moment = words.moment(article.published.with_timezone(&context.now.timezone()), context.now);
    let picture = article.image.as_ref().and_then(|image| {
        let name = pictures.get(&image.url)?.name.clone();
        Some(Picture { name, alt: image.alt.clone(), caption: image.caption.clone() })
    });
    let tag = |of: Option<&str>| of.filter(|tag| is_tag(tag)).unwrap_or(context.language).to_owned();
    let (spoken, titled) = (tag(article.language_of_body()), tag(article.language_of_title()));
    let by_machine = article.by_machine.as_ref();
    let outlet = seen_line(&article.outlet).unwrap_or_else(|| article.feed.clone());
    let page = article.link.clone().map(|link| view::Headline {
        title: outlet.clone(),
        link: Some(link),
        language: None,
    });
    let links = page.into_iter().chain(attached(article, context)).filter_map(|headline| {
        let link = strict(headline.link.as_deref()?)?;
        Some(view::Headline { link: Some(link), ..headline })
    });
    Chapter {
        name,
        title: seen_line(&article.title)
            .or_else(|| seen_line(&cut(article.text.trim(), TITLE_COLUMNS)))
            .unwrap_or_else(|| outlet.clone()),
        language: language(&spoken),
        title_language: (titled != spoken).then(|| language(&titled)),
        original_title: by_machine
            .and_then(|by| by.original_title.clone())
            .map(|original| (original, language(&tag(article.language.as_deref())))),
        summary: article
            .summary()
            .map(|summary| (summary.to_owned(), language(&tag(article.language_of_excerpt())))),
        // A translated excerpt is not in a book, which has the article whole.
        by_machine: by_machine
            .filter(|by| by.original_title.is_some() || by.has_body || article.summary().is_some())
            .zip(model)
            .map(|(_, model)| (words.by_machine(model), language(words.tag()))),
        meta_language: language(words.tag()),
        meta: vec![outlet, moment, words.reading_time(article.minutes)],
        picture,
        body: SafeXhtml::already_clean(xhtml(&article.html, pictures)),
        links: links.collect(),
    }
}

/// The lines of a masthead.
fn lines(title: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in title.split_whitespace() {
        let line = lines.last().map_or(0, |line| columns(line));
        if line > 0 && line + 1 + columns(word) > COVER_COLUMNS && lines.len() < COVER_LINES {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// The cleaner's HTML as XHTML. In that, a `<` always begins a tag, and a `>` always ends it; three elements
/// have no end, and a picture that is not in the book is left out with what stands under it.
fn xhtml(html: &str, pictures: &HashMap<String, BookPicture>) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    let mut is_after_term = false;
    while let Some((before, from)) = rest.split_once('<') {
        out.push_str(&before.replace("&nbsp;", "&#160;"));
        let Some((tag, after)) = from.split_once('>') else { break };
        rest = after;
        match tag {
            // A program reads from left to right.
            "pre" => out.push_str("<pre dir=\"ltr\">"),
            "br" | "hr" => out.push_str(&format!("<{tag}/>")),
            // A list of terms begins with a term and ends with what one means (HTML 4.4.9).
            "dd" if out.ends_with("<dl>") => out.push_str("<dt></dt><dd>"),
            "/dl" if is_after_term => out.push_str("<dd></dd></dl>"),
            "figure" => match figure(after, pictures) {
                (Some(shown), after) => {
                    out.push_str(&shown);
                    rest = after;
                }
                (None, after) => rest = after,
            },
            _ if tag.starts_with("img ") => out.push_str(&img(tag, pictures).unwrap_or_default()),
            _ if tag.starts_with("a ") => {
                let address = attribute(tag, "href").unwrap_or_default();
                match strict(&address) {
                    Some(address) => {
                        let mut escaped = String::new();
                        crate::text::escape_xml(&mut escaped, &address);
                        out.push_str(&format!("<a href=\"{escaped}\">"));
                    }
                    None => out.push_str("<a>"),
                }
            }
            _ => out.push_str(&format!("<{tag}>")),
        }
        is_after_term = tag == "/dt";
    }
    out.push_str(&rest.replace("&nbsp;", "&#160;"));
    out
}

/// A figure, whose beginning has been read, if its picture is in the book; and what follows it.
fn figure<'a>(html: &'a str, pictures: &HashMap<String, BookPicture>) -> (Option<String>, &'a str) {
    let (inside, after) = html.split_once("</figure>").unwrap_or((html, ""));
    let shown = tags(inside).find_map(|tag| img(tag, pictures));
    let caption = inside.split_once("<figcaption").and_then(|(_, rest)| rest.split_once("</figcaption>"));
    let caption = caption.map(|(caption, _)| xhtml(&format!("<figcaption{caption}</figcaption>"), pictures));
    (shown.map(|shown| format!("<figure>{shown}{}</figure>", caption.unwrap_or_default())), after)
}

fn img(tag: &str, pictures: &HashMap<String, BookPicture>) -> Option<String> {
    let picture = pictures.get(&attribute(tag, "src")?)?;
    let mut alt = String::new();
    crate::text::escape_xml(&mut alt, &attribute(tag, "alt").unwrap_or_default());
    Some(format!("<img src=\"{}\" alt=\"{alt}\"/>", picture.name))
}

/// The tags of the cleaner's HTML that name a picture, without their brackets.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split("<img ").skip(1).filter_map(|rest| rest.split('>').next())
}

/// What an attribute of a tag says, as the cleaner has escaped it.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let escaped = rest.split('"').next()?;
    let plain = escaped.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&nbsp;", "\u{a0}").replace("&amp;", "&"))
}

/// An address in which everything is escaped that RFC 3986 does not allow; browsers are less strict. None where
/// its host is no name.
fn strict(address: &str) -> Option<String> {
    let (before, fragment) = match address.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (address, None),
    };
    let mut out = String::with_capacity(address.len());
    let path = match before.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            let (name, port) = host.split_once(':').unwrap_or((host, ""));
            if !is_host(name) || port.chars().any(|c| !c.is_ascii_digit()) {
                return None;
            }
            out.push_str(&format!("{scheme}://{host}"));
            path
        }
        None => before,
    };
    escape_path(&mut out, path);
    if let Some(fragment) = fragment {
        out.push('#');
        escape_path(&mut out, fragment);
    }
    Some(out)
}

/// A name as DNS has them (RFC 1123 2.1).
fn is_host(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}

fn escape_path(out: &mut String, text: &str) {
    let is_escape = |rest: &str| rest.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2;
    for (i, c) in text.char_indices() {
        match c {
            '%' if text.get(i + 1..).is_some_and(is_escape) => out.push(c),
            '%' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '[' | ']' | '#' | ' ' => {
                out.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
}

/// A line in which there is something to see; without what XML cannot hold.
fn seen_line(line: &str) -> Option<String> {
    // Soft hyphens, marks of direction, joiners and the like.
    let is_seen = |c: char| {
        !c.is_whitespace()
            && !matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
    };
    let line: String = line.chars().filter(|c| !is_no_xml(*c)).collect();
    line.contains(is_seen).then(|| line.trim().to_owned())
}

/// Whether a language is named as XML allows it (RFC 3066, 2.1).
fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_part =
        |part: &str, is: fn(&char) -> bool| (1..=8).contains(&part.len()) && part.chars().all(|c| is(&c));
    parts.next().is_some_and(|first| is_part(first, char::is_ascii_alphabetic))
        && parts.all(|part| is_part(part, char::is_ascii_alphanumeric))
}

/// What may not stand in XML 1.0 (2.2).
fn is_no_xml(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cleaner_wrote_is_xml_with_the_pictures_that_there_are() {
        let known = BookPicture { name: "a.jpg".into(), bytes: Vec::new() };
        let pictures = HashMap::from([("https://a.example/a.jpg?x=1&y=2".to_owned(), known)]);
        for (html, expected) in [
            ("<p>a&nbsp;b<br>c</p><hr>", "<p>a&#160;b<br/>c</p><hr/>"),
            (
                "<figure><img src=\"https://a.example/a.jpg?x=1&amp;y=2\" alt=\"A &quot;b&quot;\" width=\"9\"><figcaption>One<br>two</figcaption></figure><p>x</p>",
                "<figure><img src=\"a.jpg\" alt=\"A &quot;b&quot;\"/><figcaption>One<br/>two</figcaption></figure><p>x</p>",
            ),
            (
                "<figure><img src=\"https://a.example/gone.jpg\" alt=\"\"><figcaption>x</figcaption></figure><p>y</p>",
                "<p>y</p>",
            ),
            ("<dl><dd>x</dd><dt>y</dt></dl>", "<dl><dt></dt><dd>x</dd><dt>y</dt><dd></dd></dl>"),
            (
                "<a href=\"https://a.example/x|y?a=[1]&amp;b\">z</a>",
                "<a href=\"https://a.example/x%7Cy?a=%5B1%5D&amp;b\">z</a>",
            ),
        ] {
            assert_eq!(xhtml(html, &pictures), expected, "{html}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_no_title_and_what_is_no_language_is_none() {
        assert_eq!(seen_line(" A\u{1}b ").as_deref(), Some("Ab"));
        for nothing in ["", " ", "\u{ad}", "\u{1}\u{2}", "\u{200b}\u{feff}"] {
            assert_eq!(seen_line(nothing), None, "{nothing:?}");
        }
        assert!(["en", "zh-Hans", "tlh", "i-klingon", "de-1996"].into_iter().all(is_tag));
        assert!(!["", "ar-", "aaaaaaaaaaaa", "en_US", "1a", "a b"].into_iter().any(is_tag));
    }

    #[test]
    fn a_masthead_has_few_lines_and_a_file_a_name_that_every_system_takes() {
        assert_eq!(lines("The Harbour Letter of Tarnley"), ["The Harbour", "Letter of", "Tarnley"]);
        assert_eq!(lines("每日要闻"), ["每日要闻"]);
        assert_eq!(file_name("A/B: \"C\"?, 29 November 2026"), "A B C , 29 November 2026.epub");
    }
}
