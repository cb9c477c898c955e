//! An article's words, block by block.

use std::rc::Rc;

use super::blocks::{self, Block, Cell, Line, Span, Styles};
use crate::text::{UNWRAPPED, columns, is_cjk};

/// Han characters a reader takes in a minute, and words.
const HAN_PER_MINUTE: usize = 400;
const WORDS_PER_MINUTE: usize = 230;
/// A table with wider columns has its cells in a row.
const WIDEST_COLUMN: usize = 24;

/// The whole text, a blank line between blocks.
pub(super) fn text(all: &[Block]) -> String {
    let mut out = Vec::new();
    for block in all {
        match block {
            Block::List { numbers, items } => out.push(list(numbers.as_deref(), items)),
            Block::Quote(inner) => out.push(indented(&text(inner), "> ", "> ")),
            Block::Terms(terms) => {
                let lines = terms.iter().map(|(is_term, inner)| match is_term {
                    true => text(inner),
                    false => indented(&text(inner), "  ", "  "),
                });
                out.push(lines.collect::<Vec<_>>().join("\n"));
            }
            Block::Table(rows) => out.push(table(rows)),
            Block::Rule => out.push("* * *".to_owned()),
            Block::Paragraph(_) | Block::Heading(..) | Block::Verbatim(_) | Block::Figure(..) => {
                out.extend(block.lines().into_iter().map(|line| words(line)).filter(|t| !t.is_empty()));
            }
        }
    }
    out.join("\n\n")
}

/// The text as a mail of plain text prints it, if that is another: where a link ends stands a number,
/// at the end what it leads to, and lines of code are not to be wrapped.
pub(super) fn printed(all: &[Block]) -> Option<String> {
    let mut all = all.to_vec();
    let (mut links, mut has_code): (Vec<Rc<str>>, bool) = (Vec::new(), false);
    blocks::visit(&mut all, &mut |block| {
        block.own_lines().into_iter().for_each(|line| number_links(line, &mut links));
        if let Block::Verbatim(line) = block {
            has_code = true;
            for span in line.iter_mut() {
                span.text = span.text.replace('\n', &format!("\n{UNWRAPPED}"));
            }
            line.insert(0, Span { text: UNWRAPPED.into(), ..Span::default() });
        }
    });
    if links.is_empty() && !has_code {
        return None;
    }
    let list: Vec<String> =
        links.iter().zip(1..).map(|(link, n)| format!("{UNWRAPPED}[{n}] <{link}>")).collect();
    Some([text(&all), list.join("\n")].join("\n\n").trim_end().to_owned())
}

/// Sets a number after each link of a line that does not say where it leads.
fn number_links(line: &mut Line, links: &mut Vec<Rc<str>>) {
    let mut numbered = Line::new();
    let spans = std::mem::take(line);
    for (i, span) in spans.iter().enumerate() {
        let link = span.link.clone();
        // Past a gap between two words of it.
        let next = spans.iter().skip(i + 1).find(|next| next.link.is_some() || !next.text.trim().is_empty());
        let goes_on = link.is_some() && next.is_some_and(|next| next.link == link);
        let says = |link: &str| span.text.trim().trim_end_matches('/') == link.trim_end_matches('/');
        let number = link.filter(|link| !goes_on && !says(link)).map(|link| {
            let known = links.iter().position(|known| *known == link);
            known.unwrap_or_else(|| {
                links.push(link);
                links.len() - 1
            })
        });
        numbered.push(span.clone());
        numbered.extend(number.map(|n| Span { text: format!(" [{}]", n + 1), ..Span::default() }));
    }
    *line = numbered;
}

/// A line's words; numbers that stand high or low as such: 10⁶, H₂O.
pub(super) fn words(line: &[Span]) -> String {
    let mut out = String::new();
    for span in line {
        let figures = if span.styles.has(Styles::SUPERSCRIPT) {
            figures(&span.text, "0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
        } else if span.styles.has(Styles::SUBSCRIPT) {
            figures(&span.text, "0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
        } else {
            None
        };
        out.push_str(figures.as_deref().unwrap_or(&span.text));
    }
    out
}

fn figures(text: &str, plain: &str, small: &str) -> Option<String> {
    // The blank after a number is the line's.
    let number = text.trim_end();
    let raised: Option<String> =
        number.chars().map(|c| small.chars().nth(plain.chars().position(|p| p == c)?)).collect();
    raised.map(|raised| raised + text.get(number.len()..).unwrap_or_default())
}

fn list(numbers: Option<&[i32]>, items: &[Vec<Block>]) -> String {
    let lines = items.iter().enumerate().map(|(i, item)| {
        let mark = match numbers.and_then(|numbers| numbers.get(i)) {
            Some(number) => format!("{number}. "),
            None => "• ".to_owned(),
        };
        let hang = " ".repeat(columns(&mark));
        indented(&text(item).replace("\n\n", "\n"), &mark, &hang)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn indented(text: &str, first: &str, others: &str) -> String {
    let lines = text.lines().enumerate().map(|(i, line)| match (i, line.is_empty()) {
        (0, _) => format!("{first}{line}"),
        (_, true) => others.trim_end().to_owned(),
        _ => format!("{others}{line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// In columns where they are narrow enough.
fn table(rows: &[Vec<Cell>]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| blocks::text(&cell.line).replace('\n', " ")).collect())
        .collect();
    let width = cells.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..width)
        .map(|i| {
            cells.iter().filter_map(|row| row.get(i)).map(|cell| columns(cell)).max().unwrap_or_default()
        })
        .collect();
    let narrow = widths.iter().all(|w| *w <= WIDEST_COLUMN);
    let lines = cells.iter().map(|row| {
        if !narrow {
            return row.join(" · ");
        }
        let padded = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(columns(cell)))));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The prose alone, as it runs: without headings, captions and what is set apart.
pub(super) fn prose(all: &[Block]) -> impl Iterator<Item = &Line> {
    all.iter().filter_map(|block| match block {
        Block::Paragraph(paragraph)
            if !paragraph.small && !is_heading(&paragraph.line) && !is_player(&paragraph.line) =>
        {
            Some(&paragraph.line)
        }
        _ => None,
    })
}

/// The way to a film or a sound.
fn is_player(line: &Line) -> bool {
    line.first().is_some_and(|span| span.link.is_some() && span.text.starts_with('▶'))
}

/// Bold from end to end, short, and no sentence: a heading in all but name.
fn is_heading(line: &Line) -> bool {
    let text = blocks::text(line);
    line.iter().all(|span| span.styles.has(Styles::STRONG))
        && columns(&text) <= 80
        && !text.trim_end().ends_with(['.', '!', '。', '！', '”', '」', '…'])
}

/// How long a text takes to read; at least a minute.
pub(super) fn minutes(text: &str) -> usize {
    let han = text.chars().filter(|c| is_cjk(*c)).count();
    let words = text
        .split(|c: char| c.is_whitespace() || is_cjk(c))
        .filter(|w| w.chars().any(char::is_alphanumeric))
        .count();
    let seconds = han * 60 / HAN_PER_MINUTE + words * 60 / WORDS_PER_MINUTE;
    ((seconds + 30) / 60).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::build::build;
    use super::*;

    #[test]
    fn text_has_a_line_where_the_page_has_one() {
        assert_eq!(
            text(&build("10<sup>5</sup> Pa of H<sub>2</sub>O, the 1<sup>st</sup>", None, &[])),
            "10⁵ Pa of H₂O, the 1st"
        );
        let html = "<h4>Part</h4><p>One <b>two</b>\n three<br>four</p><ul><li>a</li><li>b<ol><li>c</ol></li></ul><blockquote><p>q</p></blockquote><pre>x\n  y</pre><table><tr><td>渡轮</td><td>8</td></tr><tr><td>x</td><td>y</td></tr></table>";
        assert_eq!(
            text(&build(html, None, &[])),
            "Part\n\nOne two three\nfour\n\n• a\n• b\n  1. c\n\n> q\n\nx\n  y\n\n渡轮  8\nx     y"
        );
    }

    #[test]
    fn what_is_printed_says_where_links_lead_and_leaves_code_as_it_is() {
        let html = "<p>See <a href=\"https://a.example/1\">the <b>report</b></a>, <a href=\"https://a.example/2\">more</a> and <a href=\"https://a.example/1\">again</a>; <a href=\"https://b.example/\">https://b.example</a>.</p><pre>x\n  y</pre>";
        let printed = printed(&build(html, None, &[])).unwrap();
        assert_eq!(
            printed.replace(UNWRAPPED, "|"),
            "See the report [1], more [2] and again [1]; https://b.example.\n\n|x\n|  y\n\n|[1] <https://a.example/1>\n|[2] <https://a.example/2>"
        );
        assert_eq!(super::printed(&build("<p>No link.</p>", None, &[])), None);
    }

    #[test]
    fn reading_takes_as_long_in_characters_as_in_words() {
        assert_eq!(minutes(""), 1);
        assert_eq!(minutes(&"字".repeat(4000)), 10);
        assert_eq!(minutes(&"word ".repeat(2300)), 10);
    }
}
