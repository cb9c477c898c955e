//! Blocks as HTML. The same blocks are always the same text, and reading that text gives
//! the same blocks again.

use super::blocks::{Block, Cell, Line, Picture, Span, Styles};
use crate::text::{escape_html, escape_html_attribute};

pub(super) fn html(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        write(&mut out, block);
    }
    out
}

/// The direction of a line, where its script is not to be taken for granted: the first
/// letter decides.
fn direction(line: &Line) -> Option<&'static str> {
    let mut letters = line.iter().flat_map(|span| span.text.chars()).filter(|c| c.is_alphabetic());
    let is_rtl =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    let first = letters.next().filter(|first| is_rtl(*first) || letters.any(is_rtl));
    first.map(|c| if is_rtl(c) { "rtl" } else { "ltr" })
}

fn write(out: &mut String, block: &Block) {
    match block {
        Block::Paragraph(paragraph) => element(out, "p", &paragraph.line),
        Block::Heading(level, line) => element(out, &format!("h{level}"), line),
        Block::List { numbers: None, items } => {
            out.push_str("<ul>");
            items.iter().for_each(|item| holder(out, "li", None, item));
            out.push_str("</ul>");
        }
        Block::List { numbers: Some(numbers), items } => {
            let first = numbers.first().copied().unwrap_or(1);
            let counts_down = numbers.get(1).is_some_and(|second| *second < first);
            // A list that counts down has a number at every item.
            let mut expected = if counts_down { 1 } else { first };
            match expected {
                1 => out.push_str("<ol>"),
                start => out.push_str(&format!("<ol start=\"{start}\">")),
            }
            for (item, number) in items.iter().zip(numbers) {
                holder(out, "li", (*number != expected).then_some(*number), item);
                expected = number.saturating_add(1);
            }
            out.push_str("</ol>");
        }
        Block::Terms(terms) => {
            out.push_str("<dl>");
            for (is_term, blocks) in terms {
                holder(out, if *is_term { "dt" } else { "dd" }, None, blocks);
            }
            out.push_str("</dl>");
        }
        Block::Quote(blocks) => {
            out.push_str("<blockquote>");
            blocks.iter().for_each(|block| write(out, block));
            out.push_str("</blockquote>");
        }
        Block::Verbatim(text) => {
            out.push_str("<pre>");
            write_spans(out, text, "\n");
            out.push_str("</pre>");
        }
        Block::Table(rows) => {
            out.push_str("<table>");
            for row in rows {
                out.push_str("<tr>");
                row.iter().for_each(|cell| write_cell(out, cell));
                out.push_str("</tr>");
            }
            out.push_str("</table>");
        }
        Block::Figure(picture, caption) => {
            out.push_str("<figure>");
            write_picture(out, picture);
            if !caption.is_empty() {
                element(out, "figcaption", caption);
            }
            out.push_str("</figure>");
        }
        Block::Rule => out.push_str("<hr>"),
    }
}

/// An item, a term: its paragraph needs no element of its own, if it has but one. Mail programs
/// know `value` where they do not know `reversed`.
fn holder(out: &mut String, name: &str, value: Option<i32>, blocks: &[Block]) {
    match value {
        Some(value) => out.push_str(&format!("<{name} value=\"{value}\">")),
        None => out.push_str(&format!("<{name}>")),
    }
    let alone = blocks.iter().filter(|b| matches!(b, Block::Paragraph(_))).count() == 1;
    for (i, block) in blocks.iter().enumerate() {
        match block {
            Block::Paragraph(paragraph) if alone && i == 0 => write_line(out, &paragraph.line),
            block => write(out, block),
        }
    }
    out.push_str(&format!("</{name}>"));
}

fn element(out: &mut String, name: &str, line: &Line) {
    match direction(line) {
        Some(direction) => out.push_str(&format!("<{name} dir=\"{direction}\">")),
        None => out.push_str(&format!("<{name}>")),
    }
    write_line(out, line);
    out.push_str(&format!("</{name}>"));
}

fn write_cell(out: &mut String, cell: &Cell) {
    let name = if cell.heading { "th" } else { "td" };
    out.push_str(&format!("<{name}"));
    for (name, span) in [("colspan", cell.columns), ("rowspan", cell.rows)] {
        if span > 1 {
            attribute(out, name, &span.to_string());
        }
    }
    out.push('>');
    write_line(out, &cell.line);
    out.push_str(&format!("</{name}>"));
}

fn write_picture(out: &mut String, picture: &Picture) {
    out.push_str("<img");
    attribute(out, "src", &picture.url);
    attribute(out, "alt", &picture.alt);
    for (name, size) in [("width", picture.width), ("height", picture.height)] {
        if let Some(size) = size {
            attribute(out, name, &size.to_string());
        }
    }
    out.push('>');
}

fn write_line(out: &mut String, line: &Line) {
    write_spans(out, line, "<br>");
}

fn write_spans(out: &mut String, line: &Line, line_break: &str) {
    let mut open: Vec<Element<'_>> = Vec::new();
    for span in line {
        let wanted = Element::of(span);
        let common = open.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        open.drain(common..).rev().for_each(|element| element.close(out));
        for element in wanted.into_iter().skip(common) {
            element.open(out);
            open.push(element);
        }
        for (i, text) in span.text.split('\n').enumerate() {
            if i > 0 {
                out.push_str(line_break);
            }
            escape_html(out, text);
        }
    }
    open.into_iter().rev().for_each(|element| element.close(out));
}

#[derive(PartialEq)]
enum Element<'a> {
    Link(&'a str),
    Style(&'static str),
}

impl<'a> Element<'a> {
    fn of(span: &'a Span) -> Vec<Self> {
        let styles = Styles::ALL.into_iter().filter(|(style, _)| span.styles.has(*style));
        span.link
            .as_deref()
            .map(Self::Link)
            .into_iter()
            .chain(styles.map(|(_, name)| Self::Style(name)))
            .collect()
    }

    fn open(&self, out: &mut String) {
        match self {
            Self::Link(url) => {
                out.push_str("<a");
                attribute(out, "href", url);
                out.push('>');
            }
            Self::Style(name) => out.push_str(&format!("<{name}>")),
        }
    }

    fn close(&self, out: &mut String) {
        let name = if let Self::Style(name) = self { name } else { "a" };
        out.push_str(&format!("</{name}>"));
    }
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push_str(&format!(" {name}=\""));
    escape_html_attribute(out, value);
    out.push('"');
}
